use ring::hmac;

use crate::data_key::{open, seal, text};
use crate::keyring::{KEY_BYTES, Master, aead_key};
use crate::{CannotOpen, Keyring, NoRandomness};

/// What a service's own secret is derived from a master key by. A later way has another.
const PURPOSE: &[u8] = b"patron service key 1";

/// What a derived key is for, so that no two uses have the same one.
const SEALS: u8 = b'v';
const DIGESTS: u8 = b'd';

/// A key of the service itself, for what can't be put down to one customer: an answer that names many people.
///
/// Each value has a key of its own, made by HMAC-SHA-256 of a secret of the master key and of where the value
/// stands. So one master key seals any number of values: nonces are drawn for the few alone that come to
/// stand at one place. What a key of the service seals opens as long as the
/// master key is in the keyring, and no erasure of a person destroys it.
pub struct ServiceKey<'a> {
    master: &'a Master,
}

/// The secret of which keys of the service are made. It is not the master key, which only wraps.
pub(crate) fn root(master: &[u8; KEY_BYTES]) -> hmac::Key {
    let extract = hmac::Key::new(hmac::HMAC_SHA256, PURPOSE);
    let secret = hmac::sign(&extract, master);
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref())
}

impl Keyring {
    /// The key of the service under the master key in use.
    pub fn service_key(&self) -> Option<ServiceKey<'_>> {
        self.masters.first().map(|master| ServiceKey { master })
    }

    /// The one under a master key, unless that was taken out of the keyring.
    pub fn service_key_of(&self, master_id: &str) -> Option<ServiceKey<'_>> {
        let mut masters = self.masters.iter();
        let master = masters.find(|master| master.id == master_id)?;
        Some(ServiceKey { master })
    }
}

impl ServiceKey<'_> {
    /// Of which master key it is.
    #[must_use]
    pub fn master_id(&self) -> &str {
        &self.master.id
    }

    /// Seals a value for its place: table, column, and what identifies the row.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, place: &[&[u8]], value: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        let about = about(SEALS, place);
        let key = aead_key(&self.derive(&about)).ok_or(NoRandomness)?;
        seal(&key, &about, value)
    }

    /// Opens a value at the place for which it was sealed.
    ///
    /// # Errors
    /// When it was changed or moved, or sealed under another key.
    pub fn open(&self, place: &[&[u8]], sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        let about = about(SEALS, place);
        let key = aead_key(&self.derive(&about)).ok_or(CannotOpen)?;
        open(&key, &about, sealed)
    }

    /// By which a value is recognised at its place, and guessed by nobody who has not the key.
    #[must_use]
    pub fn digest(&self, place: &[&[u8]], value: &[u8]) -> [u8; 32] {
        let mut whole = about(DIGESTS, place);
        whole.extend_from_slice(value);
        self.derive(&whole)
    }

    fn derive(&self, about: &[u8]) -> [u8; KEY_BYTES] {
        let mut bytes = [0; KEY_BYTES];
        bytes.copy_from_slice(hmac::sign(&self.master.root, about).as_ref());
        bytes
    }
}

/// Parts have their length before them, and their number before them all, so no two places read alike.
fn about(purpose: u8, place: &[&[u8]]) -> Vec<u8> {
    let mut about = vec![purpose];
    about.extend_from_slice(&(place.len() as u64).to_be_bytes());
    for part in place {
        text(&mut about, part);
    }
    about
}
