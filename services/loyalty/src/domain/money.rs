use std::fmt;

/// An amount of money in whole minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// The currency.
    pub currency: Currency,
    /// Pence, cents, whole yen.
    pub minor: i64,
}

/// An ISO 4217 currency code: three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

/// An amount of money that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The code is not three upper-case letters.
    #[error("{code:?} is not an ISO 4217 code")]
    Code {
        /// What stood there.
        code: String,
    },
    /// Amounts of two currencies where one is wanted.
    #[error("amounts in {found} and {expected} do not add up")]
    Mixed {
        /// The currency of the first.
        expected: Currency,
        /// The other one.
        found: Currency,
    },
    /// The sum does not fit 64 bits.
    #[error("the amounts add up to more than can be counted")]
    Overflow,
    /// Below 0 where that makes no sense.
    #[error("an amount of {minor} is below 0")]
    Negative {
        /// The amount in minor units.
        minor: i64,
    },
}

impl Currency {
    /// Reads a code.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        <[u8; 3]>::try_from(code.as_bytes())
            .ok()
            .filter(|letters| letters.iter().all(u8::is_ascii_uppercase))
            .map(Self)
            .ok_or_else(|| MoneyError::Code {
                code: code.to_owned(),
            })
    }

    /// Decimal digits of the minor unit, by ISO 4217 (list one, 2024): a major unit is 10 to the
    /// power of this many minor ones.
    pub fn exponent(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG"
            | b"RWF" | b"UGX" | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" | b"UYW" => 4,
            _ => 2,
        }
    }

    /// Hundredths of a major unit, rounded down, so that amounts in all currencies can be compared with
    /// one threshold. The difference of two of them is exact for any way from one to the other.
    pub fn hundredths(self, minor: i64) -> i64 {
        match self.exponent() {
            0 => minor.saturating_mul(100),
            1 => minor.saturating_mul(10),
            2 => minor,
            more => minor.div_euclid(10_i64.saturating_pow(more - 2)),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|letter| write!(formatter, "{}", char::from(*letter)))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Money {
    /// Adds up amounts of one currency, none of them below 0.
    pub fn sum(
        currency: Currency,
        amounts: impl IntoIterator<Item = Self>,
    ) -> Result<Self, MoneyError> {
        let mut minor = 0_i64;
        for amount in amounts {
            if amount.currency != currency {
                return Err(MoneyError::Mixed {
                    expected: currency,
                    found: amount.currency,
                });
            }
            if amount.minor < 0 {
                return Err(MoneyError::Negative {
                    minor: amount.minor,
                });
            }
            minor = minor
                .checked_add(amount.minor)
                .ok_or(MoneyError::Overflow)?;
        }
        Ok(Self { currency, minor })
    }
}
