//! Exact decimal money. No floating point anywhere.

use std::str::FromStr;

/// Digits after the point that a price may have.
const MAX_SCALE: u32 = 9;

/// ISO 4217 currencies whose minor unit is not a hundredth.
const OTHER_DIGITS: &[(u32, &[&str])] = &[
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
        ],
    ),
    (0, &["VND", "VUV", "XAF", "XOF", "XPF"]),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

/// Digits of a currency's minor unit: 2 for pounds and pence.
pub(crate) fn minor_digits(currency: &str) -> u32 {
    let other = OTHER_DIGITS
        .iter()
        .find(|(_, currencies)| currencies.contains(&currency));
    other.map_or(2, |(digits, _)| *digits)
}

/// A price as it was written, in major units: `mantissa` / 10^`scale`, without trailing zeros, so
/// equal prices are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Price {
    mantissa: i64,
    scale: u32,
}

/// Text that is no decimal number of at most nine decimal places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal number")]
pub(crate) struct NotAPrice;

impl FromStr for Price {
    type Err = NotAPrice;

    fn from_str(text: &str) -> Result<Self, NotAPrice> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let some_digits = !whole.is_empty() || !fraction.is_empty();
        let fraction = fraction.trim_end_matches('0');
        // The zero stands for what trimming may have left of ".0".
        let all_digits = ["0", whole, fraction].concat();
        let well_formed = some_digits && all_digits.bytes().all(|byte| byte.is_ascii_digit());
        let scale = u32::try_from(fraction.len())
            .ok()
            .filter(|scale| *scale <= MAX_SCALE);
        let (Some(scale), true) = (scale, well_formed) else {
            return Err(NotAPrice);
        };
        let mantissa: i64 = all_digits.parse().map_err(|_| NotAPrice)?;
        Ok(Self {
            mantissa: if negative { -mantissa } else { mantissa },
            scale,
        })
    }
}

impl Price {
    /// Below zero.
    pub(crate) fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Exactly zero.
    pub(crate) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// `quantity` times this price in minor units of `digits` digits, rounded half up (half away
    /// from zero). `None` beyond 64 bits.
    pub(crate) fn times(self, quantity: i64, digits: u32) -> Option<i64> {
        let exact = i128::from(self.mantissa) * i128::from(quantity) * 10_i128.pow(digits);
        let divisor = 10_i128.pow(self.scale);
        let half = if exact < 0 { -divisor / 2 } else { divisor / 2 };
        i64::try_from((exact + half) / divisor).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_exact_and_rounded_half_up_once_per_line() {
        assert_eq!(price("2.55").times(6, 2), Some(1530));
        assert_eq!(price("0.001").times(1, 2), Some(0));
        assert_eq!(price("0.005").times(1, 2), Some(1));
        assert_eq!(price("0.005").times(3, 2), Some(2));
        assert_eq!(price("-0.005").times(1, 2), Some(-1));
        assert_eq!(price("38970").times(1, 2), Some(3_897_000));
        assert_eq!(price("0.1").times(3, 0), Some(0));
        assert_eq!(price("9223372036854775807").times(2, 2), None);
    }

    #[test]
    fn prices_are_read_strictly_and_compare_by_value() {
        assert_eq!(price("2.5"), price("2.500"));
        assert_eq!(price("0"), price(".0"));
        for text in [
            "",
            ".",
            "-",
            "1e3",
            "1,5",
            " 1",
            "+1",
            "1.2.3",
            "0x1",
            "1.0123456789",
            "--1",
        ] {
            assert_eq!(text.parse::<Price>(), Err(NotAPrice), "{text:?}");
        }
    }

    #[test]
    fn currencies_without_hundredths_are_known() {
        assert_eq!(["GBP", "JPY", "KWD", "CLF"].map(minor_digits), [2, 0, 3, 4]);
    }

    proptest! {
        #[test]
        fn whole_pence_multiply_without_any_rounding(pence in 0..1_000_000_i64, pieces in 0..10_000_i64) {
            let price = price(&format!("{}.{:02}", pence / 100, pence % 100));
            prop_assert_eq!(price.times(pieces, 2), Some(pence * pieces));
        }
    }
}
