use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Begins every key, so that scanners of repositories and logs find one that has got there.
const PREFIX: &str = "patron_";
/// Letters of the id.
const ID_LENGTH: usize = 12;
/// Letters of the secret: 32 bytes in hexadecimal.
const SECRET_LENGTH: usize = 64;

/// A key as a caller sends it: `patron_<id>_<secret>`. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    text: String,
}

impl ApiKey {
    /// Makes a key of random bytes, which the caller must take from the system's generator.
    pub fn from_random(id: [u8; ID_LENGTH / 2], secret: [u8; SECRET_LENGTH / 2]) -> Self {
        let id = hex(&id);
        let text = format!("{PREFIX}{id}_{}", hex(&secret));
        Self { id, text }
    }

    /// Reads a key; none when the text has not the form of one.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_key = is_id(id) && secret.len() == SECRET_LENGTH && secret.bytes().all(is_hex);
        is_key.then(|| Self {
            id: id.to_owned(),
            text: text.to_owned(),
        })
    }

    /// Whether a bearer token means to be an API key: it is then never tried as anything else.
    pub fn is_meant(bearer: &str) -> bool {
        bearer.starts_with(PREFIX)
    }

    /// Which key it is. Not secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole key, to be shown once to whoever it was made for.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What is kept of it. The secret has 256 random bits, so a plain digest can't be searched; the
    /// slow digests of passwords would only cost time in each call.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest(Sha256::digest(self.text.as_bytes()).into())
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({}, [redacted])", self.id)
    }
}

/// The SHA-256 of a whole key.
#[derive(Clone, Copy, Debug)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Reads the 64 hexadecimal digits of a file.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != SECRET_LENGTH || !text.bytes().all(is_hex) {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * index..2 * index + 2)?;
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whether it is the same, in a time that does not tell how far they agree.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// As it stands in a file.
    pub(super) fn to_hex(self) -> String {
        hex(&self.0)
    }
}

/// Whether a text has the form of an id.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(is_hex)
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_made_and_never_printed() {
        let key = ApiKey::from_random([0xab; 6], [0xcd; 32]);
        assert_eq!(key.id(), "abababababab");
        assert_eq!(ApiKey::parse(key.expose()).unwrap(), key);
        assert!(!format!("{key:?}").contains("cdcd"), "{key:?}");
        for text in [
            "patron_",
            "patron_ab_cd",
            "patron__",
            "x",
            &key.expose()[1..],
        ] {
            assert!(ApiKey::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_digest_is_read_as_it_was_written_and_is_of_one_key_alone() {
        let key = ApiKey::from_random([1; 6], [2; 32]);
        let digest = KeyDigest::parse(&key.digest().to_hex()).unwrap();
        assert!(digest.is(&key.digest()));
        assert!(!digest.is(&ApiKey::from_random([1; 6], [3; 32]).digest()));
        assert!(!digest.is(&ApiKey::from_random([3; 6], [2; 32]).digest()));
        assert!(KeyDigest::parse("00").is_none());
    }
}
