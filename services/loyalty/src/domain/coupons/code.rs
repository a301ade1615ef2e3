use std::fmt;

/// The characters of codes: digits and capitals without those that are taken for each other (0, 1,
/// I, L, O). There are 31 of them, and 31 is a prime: see [`Code::parse`].
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// 31⁸ codes: the fewest among which a guess is hopeless.
pub const MINIMUM_LENGTH: u8 = 8;
/// With its check character.
const MAXIMUM_LENGTH: usize = 33;
/// A primitive root of 31: its powers 3⁰ … 3²⁹ are all different.
const ROOT: u32 = 3;
const PRIME: u32 = 31;
/// The largest multiple of 31 that fits a byte: what lies above would favour some characters.
const FAIR: u8 = 248;

/// The code of a coupon, in its plain form: capitals and digits, the last one a check character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// A text that is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A character that no code has.
    #[error("codes have no such character")]
    Character,
    /// Too short or too long.
    #[error("no code has that length")]
    Length,
    /// Mistyped.
    #[error("the check character does not agree with the others")]
    Check,
}

impl Code {
    /// Reads a code as people write it: spaces, hyphens and lower case do not matter.
    ///
    /// The places have the weights 3⁰, 3¹, 3² … and the weighted sum is 0 modulo 31. As 31 is a
    /// prime, one wrong character always shows; as weights only repeat after 30 places, so does any
    /// exchange of two characters that are closer, neighbours above all.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let plain = text.chars().filter(|letter| !matches!(letter, ' ' | '-'));
        let plain: String = plain.map(|letter| letter.to_ascii_uppercase()).collect();
        if plain.len() <= usize::from(MINIMUM_LENGTH) || plain.len() > MAXIMUM_LENGTH {
            return Err(CodeError::Length);
        }
        let digits = plain.bytes().map(digit).collect::<Option<Vec<_>>>();
        let digits = digits.ok_or(CodeError::Character)?;
        if weighted(&digits) == 0 {
            Ok(Self(plain))
        } else {
            Err(CodeError::Check)
        }
    }

    /// A code of so many characters and the one that checks them, out of random bytes, each good for
    /// one character or thrown away; `None` when there are too few.
    pub fn from_random(length: u8, random: &mut impl Iterator<Item = u8>) -> Option<Self> {
        let length = usize::from(length.max(MINIMUM_LENGTH)).min(MAXIMUM_LENGTH - 1);
        let fair = random.filter(|byte| *byte < FAIR);
        let mut digits: Vec<u32> = fair
            .take(length)
            .map(|byte| u32::from(byte) % PRIME)
            .collect();
        if digits.len() < length {
            return None;
        }
        digits.push(check_digit(&digits));
        digits
            .into_iter()
            .map(character)
            .collect::<Option<String>>()
            .map(Self)
    }

    /// The plain form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The digit that makes the sum 0.
fn check_digit(digits: &[u32]) -> u32 {
    let weight = (0..digits.len()).fold(1, |weight, _| weight * ROOT % PRIME);
    let wanted = (PRIME - weighted(digits)) % PRIME;
    (0..PRIME)
        .find(|digit| digit * weight % PRIME == wanted)
        .unwrap_or_default()
}

fn weighted(digits: &[u32]) -> u32 {
    let mut weight = 1;
    digits.iter().fold(0, |sum, digit| {
        let next = (sum + digit * weight) % PRIME;
        weight = weight * ROOT % PRIME;
        next
    })
}

fn digit(letter: u8) -> Option<u32> {
    let place = ALPHABET.iter().position(|known| *known == letter)?;
    u32::try_from(place).ok()
}

fn character(digit: u32) -> Option<char> {
    let place = usize::try_from(digit).ok()?;
    ALPHABET.get(place).copied().map(char::from)
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whoever has a code can use the coupon, so it is not shown whole where things are logged.
impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(3).collect();
        write!(formatter, "{shown}…")
    }
}
