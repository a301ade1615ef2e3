use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// A SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest(pub [u8; 32]);

/// A text that is no [`Digest`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a digest is written as 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl Digest {
    /// The digest in bytes that are kept; `None` when there are not 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    /// One way of writing only: a proof in which any letter was changed is another proof.
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let digits: Vec<u8> = text
            .bytes()
            .map(|byte| match byte {
                b'0'..=b'9' => Ok(byte - b'0'),
                b'a'..=b'f' => Ok(byte - b'a' + 10),
                _ => Err(NotADigest),
            })
            .collect::<Result<_, _>>()?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        let bytes = bytes.try_into().map_err(|_| NotADigest)?;
        if rest.is_empty() {
            Ok(Self(bytes))
        } else {
            Err(NotADigest)
        }
    }
}

/// What is hashed: a purpose, then parts that each carry their length, so that no two sequences of
/// parts give the same bytes.
#[derive(Clone)]
pub struct Transcript(Sha256);

impl Transcript {
    /// Begins with what the hash is for.
    pub fn of(purpose: &str) -> Self {
        Self(Sha256::new()).bytes(purpose.as_bytes())
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, part: &[u8]) -> Self {
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, part: &str) -> Self {
        self.bytes(part.as_bytes())
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, part: i64) -> Self {
        self.bytes(&part.to_be_bytes())
    }

    /// Adds another digest.
    #[must_use]
    pub fn digest(self, part: &Digest) -> Self {
        self.bytes(&part.0)
    }

    /// The hash of all of it.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}
