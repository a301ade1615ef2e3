//! Short names that are the same for the same thing.

use sha2::{Digest as _, Sha256};

/// The first 64 bits of the SHA-256 of `parts`, each preceded by its length: 16 hexadecimal digits.
pub(crate) fn short<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        // Without the length, moving a byte from one part to the next would change nothing.
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let digest: [u8; 32] = digest.finalize().into();
    let first = digest.first_chunk().copied().unwrap_or_default();
    format!("{:016x}", u64::from_be_bytes(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_read_the_same_together_are_still_different() {
        let [one, other] = [["ab", "c"], ["a", "bc"]].map(|parts| short(parts.map(str::as_bytes)));
        assert_ne!(one, other);
        assert_eq!(one.len(), 16);
    }
}
