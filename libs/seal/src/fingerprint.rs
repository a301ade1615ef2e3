use ring::hmac;

use crate::Keyring;

/// By which a value is found again without being kept: a keyed hash of a field and its value. Equal
/// values of one field have equal fingerprints under one key, and nobody without the key can tell which
/// value it is. Fields of few values must not have one: whoever counts fingerprints knows them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint {
    /// Which index key made it.
    pub key_id: String,
    /// HMAC-SHA-256.
    pub bytes: [u8; 32],
}

impl Fingerprint {
    /// The first eight bytes: enough to find a few rows by whose sealed values are then looked at, in a
    /// quarter of the room.
    #[must_use]
    pub fn short(&self) -> i64 {
        let (first, _) = self.bytes.split_first_chunk().unwrap_or((&[0; 8], &[]));
        i64::from_be_bytes(*first)
    }
}

impl Keyring {
    /// The fingerprint under the index key in use: what is written.
    pub fn fingerprint(&self, field: &str, value: &str) -> Option<Fingerprint> {
        self.fingerprints(field, value).next()
    }

    /// The fingerprints under all index keys: what is looked for, while some were made by earlier keys.
    pub fn fingerprints<'a>(
        &'a self,
        field: &'a str,
        value: &'a str,
    ) -> impl Iterator<Item = Fingerprint> + 'a {
        self.indexes.iter().map(move |index| {
            let mut context = hmac::Context::with_key(&index.key);
            context.update(&(field.len() as u64).to_be_bytes());
            context.update(field.as_bytes());
            context.update(value.as_bytes());
            let mut bytes = [0; 32];
            bytes.copy_from_slice(context.sign().as_ref());
            Fingerprint {
                key_id: index.id.clone(),
                bytes,
            }
        })
    }
}
