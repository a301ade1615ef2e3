//! Currencies. Amounts are `i64` in minor units beside the currency that they share.

use super::currencies::CODES;

/// A currency of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Currency(&'static str);

impl Currency {
    /// The currency that proposals speak of.
    pub(crate) const EURO: Self = Self("EUR");

    /// The currency of a three-letter code in upper case; `None` when ISO 4217 has none.
    pub(crate) fn parse(code: &str) -> Option<Self> {
        let place = CODES.binary_search(&code).ok()?;
        CODES.get(place).copied().map(Self)
    }

    /// The three-letter code.
    pub(crate) fn code(self) -> &'static str {
        self.0
    }
}

/// An amount as it was sent, its currency not yet looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentMoney {
    pub(crate) currency_code: String,
    pub(crate) minor: i64,
}
