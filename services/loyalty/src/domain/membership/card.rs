use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Digits of a card number, the check digit included.
const DIGITS: usize = 16;
/// The most digits that all cards may begin with: the rest has to tell them apart.
const MOST_PREFIX: usize = 6;

/// The number of a card: 16 digits, the last of which checks the others, so that a slip of one digit
/// and nearly all swaps of neighbours are noticed (Luhn, ISO/IEC 7812-1 annex B).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber(String);

/// What all card numbers begin with: up to 6 digits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardPrefix(String);

/// A text that is no card number, or no beginning of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardNumberError {
    /// Something else than digits, or not as many as there have to be.
    #[error("a card number has {DIGITS} digits")]
    Digits,
    /// The check digit is another one.
    #[error("the check digit does not go with the number")]
    Check,
    /// A prefix that is none.
    #[error("a prefix of card numbers has at most {MOST_PREFIX} digits")]
    Prefix,
}

impl Default for CardPrefix {
    /// ISO/IEC 7812 leaves numbers that begin with 9 to national bodies, so they are no bank's.
    fn default() -> Self {
        Self("90".to_owned())
    }
}

impl TryFrom<String> for CardPrefix {
    type Error = CardNumberError;

    fn try_from(text: String) -> Result<Self, CardNumberError> {
        text.parse()
    }
}

impl From<CardPrefix> for String {
    fn from(prefix: CardPrefix) -> Self {
        prefix.0
    }
}

impl FromStr for CardPrefix {
    type Err = CardNumberError;

    fn from_str(text: &str) -> Result<Self, CardNumberError> {
        let is_sound = text.len() <= MOST_PREFIX && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_sound {
            Ok(Self(text.to_owned()))
        } else {
            Err(CardNumberError::Prefix)
        }
    }
}

impl CardNumber {
    /// The number that goes with an id, of which the random part is used. Two ids may come to the
    /// same number, if very rarely: then another id makes another one.
    pub fn of(id: Uuid, prefix: &CardPrefix) -> Self {
        let length = DIGITS - 1 - prefix.0.len();
        // A UUIDv7 ends with 62 random bits.
        let random = id.as_u128() & 0x3fff_ffff_ffff_ffff;
        let modulus = 10_u128.pow(u32::try_from(length).unwrap_or_default());
        let mut digits = format!("{}{:0length$}", prefix.0, random % modulus);
        digits.push(char::from(b'0' + check_digit(digits.bytes())));
        Self(digits)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CardNumber {
    type Err = CardNumberError;

    /// Reads a number, with spaces and dashes or without.
    fn from_str(text: &str) -> Result<Self, CardNumberError> {
        let digits = text.chars().filter(|letter| !matches!(letter, ' ' | '-'));
        let digits: String = digits.collect();
        let is_number = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        let (Some(checked), true) = (digits.get(..DIGITS - 1), is_number) else {
            return Err(CardNumberError::Digits);
        };
        if digits.bytes().last() == Some(b'0' + check_digit(checked.bytes())) {
            Ok(Self(digits))
        } else {
            Err(CardNumberError::Check)
        }
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The digit that makes the sum a multiple of ten, in which every second digit, from the last one of
/// these on, is doubled and its own digits added up.
fn check_digit(digits: impl DoubleEndedIterator<Item = u8>) -> u8 {
    let values = digits
        .rev()
        .map(|digit| u32::from(digit.wrapping_sub(b'0')));
    let weighed = values.enumerate().map(|(place, value)| {
        let doubled = value * 2;
        match place % 2 {
            0 => doubled / 10 + doubled % 10,
            _ => value,
        }
    });
    let sum: u32 = weighed.sum();
    u8::try_from((10 - sum % 10) % 10).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn check_digits_are_those_of_the_standard() {
        // The example of ISO/IEC 7812-1, and two test numbers of card schemes.
        for (digits, check) in [
            ("7992739871", 3),
            ("401288888888188", 1),
            ("411111111111111", 1),
        ] {
            assert_eq!(check_digit(digits.bytes()), check, "{digits}");
        }
    }

    #[test]
    fn a_number_is_read_with_spaces_and_dashes() {
        let number: CardNumber = "4111 1111-1111 1111".parse().unwrap();
        assert_eq!(number.as_str(), "4111111111111111");
        for (text, error) in [
            ("4111111111111112", CardNumberError::Check),
            ("411111111111111", CardNumberError::Digits),
            ("41111111111111111", CardNumberError::Digits),
            ("411111111111111x", CardNumberError::Digits),
            ("", CardNumberError::Digits),
            ("४111111111111111", CardNumberError::Digits),
        ] {
            assert_eq!(text.parse::<CardNumber>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_prefix_has_few_digits() {
        assert!("".parse::<CardPrefix>().is_ok() && "123456".parse::<CardPrefix>().is_ok());
        for text in ["1234567", "a", "1 2"] {
            assert_eq!(text.parse::<CardPrefix>(), Err(CardNumberError::Prefix));
        }
    }

    proptest! {
        #[test]
        fn a_number_reads_back_and_a_slip_of_a_digit_is_noticed(
            id in any::<u128>(),
            prefix in "[0-9]{0,6}",
            place in 0..DIGITS,
            slip in 1..10_u8,
        ) {
            let prefix: CardPrefix = prefix.parse().unwrap();
            let number = CardNumber::of(Uuid::from_u128(id), &prefix);
            prop_assert!(number.as_str().starts_with(&prefix.0));
            prop_assert_eq!(number.as_str().parse(), Ok(number.clone()));
            let mut digits = number.0.into_bytes();
            digits[place] = b'0' + (digits[place] - b'0' + slip) % 10;
            let slipped = String::from_utf8(digits).unwrap();
            prop_assert_eq!(slipped.parse::<CardNumber>(), Err(CardNumberError::Check));
        }
    }
}
