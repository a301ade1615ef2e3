use std::fmt;

/// The code of a point currency, which names a member's wallet too: a member has one of each.
/// An upper-case letter, then up to 15 upper-case letters, digits and underscores.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalletId([u8; LENGTH]);

/// The most characters of a code.
const LENGTH: usize = 16;

/// A code that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is no code of a point currency")]
pub struct WalletIdError {
    /// What stood there.
    pub code: String,
}

impl WalletId {
    /// The currency of the default program.
    pub const POINTS: Self = Self(*b"POINTS\0\0\0\0\0\0\0\0\0\0");

    /// Reads a code.
    pub fn parse(code: &str) -> Result<Self, WalletIdError> {
        let is_sound = code.starts_with(|first: char| first.is_ascii_uppercase())
            && code
                .bytes()
                .all(|letter| matches!(letter, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
        let mut letters = [0; LENGTH];
        match letters.get_mut(..code.len()) {
            Some(place) if is_sound => place.copy_from_slice(code.as_bytes()),
            _ => {
                return Err(WalletIdError {
                    code: code.to_owned(),
                });
            }
        }
        Ok(Self(letters))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        // Only ASCII gets in, so this never falls back.
        let code = std::str::from_utf8(&self.0).unwrap_or_default();
        code.trim_end_matches('\0')
    }
}

impl fmt::Display for WalletId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for WalletId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_as_it_was_written_and_anything_else_is_refused() {
        for code in ["P", "POINTS", "A1_B2", "ABCDEFGHIJKLMNOP"] {
            assert_eq!(WalletId::parse(code).unwrap().to_string(), code);
        }
        assert_eq!(WalletId::parse("POINTS").unwrap(), WalletId::POINTS);
        for code in [
            "",
            "1P",
            "_P",
            "points",
            "PÖ",
            "P\0",
            "ABCDEFGHIJKLMNOPQ",
            "P ",
        ] {
            assert!(WalletId::parse(code).is_err(), "{code:?}");
        }
    }
}
