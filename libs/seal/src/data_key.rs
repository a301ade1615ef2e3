use ring::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use uuid::Uuid;

use crate::keyring::{KEY_BYTES, aead_key, random_key};
use crate::{Keyring, NoRandomness};

/// What a sealed value begins with. A later form begins with another.
const FORM: u8 = 1;

/// The key of one customer. All that is sealed for the customer is lost with it.
pub struct DataKey {
    customer_id: Uuid,
    bytes: [u8; KEY_BYTES],
    key: LessSafeKey,
}

/// A [`DataKey`] as it is kept: under a master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    /// Which master key.
    pub master_id: String,
    /// The key under it.
    pub bytes: Vec<u8>,
}

/// Where a value stands. It opens nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// Which of the customer's rows, so that two of them can't change places; nil where there is one.
    pub row: Uuid,
    /// The version of the row, for rows that have versions, so that an older value can't be put back in
    /// place of a newer one; else the version of what the value means.
    pub version: i64,
}

/// Something does not open: it was changed, or stands where it was not sealed, or the key is another.
/// Which of it can't be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value does not open here")]
pub struct CannotOpen;

impl DataKey {
    /// A new key of a customer.
    pub fn new(customer_id: Uuid) -> Result<Self, NoRandomness> {
        Self::of(customer_id, random_key()?).ok_or(NoRandomness)
    }

    fn of(customer_id: Uuid, bytes: [u8; KEY_BYTES]) -> Option<Self> {
        let key = aead_key(&bytes)?;
        Some(Self {
            customer_id,
            bytes,
            key,
        })
    }

    /// Whose it is.
    pub fn customer_id(&self) -> Uuid {
        self.customer_id
    }

    /// Puts the key under the master key in use.
    pub fn wrap(&self, keyring: &Keyring) -> Result<Wrapped, NoRandomness> {
        let master = keyring.masters.first().ok_or(NoRandomness)?;
        let about = wrapping(&master.id, self.customer_id);
        Ok(Wrapped {
            master_id: master.id.clone(),
            bytes: seal(&master.key, &about, &self.bytes)?,
        })
    }

    /// Takes the key of a customer from under the master key that it was put under.
    pub fn unwrap(
        keyring: &Keyring,
        customer_id: Uuid,
        wrapped: &Wrapped,
    ) -> Result<Self, CannotOpen> {
        let mut masters = keyring.masters.iter();
        let master = masters.find(|master| master.id == wrapped.master_id);
        let master = master.ok_or(CannotOpen)?;
        let bytes = open(
            &master.key,
            &wrapping(&master.id, customer_id),
            &wrapped.bytes,
        )?;
        let bytes = bytes.try_into().map_err(|_| CannotOpen)?;
        Self::of(customer_id, bytes).ok_or(CannotOpen)
    }

    /// Seals a value for its place.
    pub fn seal(&self, place: Place<'_>, value: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        seal(&self.key, &place.about(self.customer_id), value)
    }

    /// Opens a value at the place for which it was sealed.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        open(&self.key, &place.about(self.customer_id), sealed)
    }

    /// HMAC-SHA-256 of a value under a key that comes of this one and serves one column alone.
    pub(crate) fn sign(&self, table: &str, column: &str, value: &[u8]) -> [u8; 32] {
        let mut about = vec![b'd', FORM];
        about.extend_from_slice(self.customer_id.as_bytes());
        text(&mut about, table.as_bytes());
        text(&mut about, column.as_bytes());
        let own = hmac::Key::new(hmac::HMAC_SHA256, &self.bytes);
        let derived = hmac::sign(&own, &about);
        let derived = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        let mut digest = [0; 32];
        digest.copy_from_slice(hmac::sign(&derived, value).as_ref());
        digest
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("DataKey");
        shown.field("customer_id", &self.customer_id);
        shown.finish_non_exhaustive()
    }
}

impl Place<'_> {
    /// What a value is bound to. Texts have their length before them, so no two places read alike.
    fn about(self, customer_id: Uuid) -> Vec<u8> {
        let mut about = vec![b'v', FORM];
        about.extend_from_slice(customer_id.as_bytes());
        text(&mut about, self.table.as_bytes());
        text(&mut about, self.column.as_bytes());
        about.extend_from_slice(self.row.as_bytes());
        about.extend_from_slice(&self.version.to_be_bytes());
        about
    }
}

fn wrapping(master_id: &str, customer_id: Uuid) -> Vec<u8> {
    let mut about = vec![b'k', FORM];
    about.extend_from_slice(customer_id.as_bytes());
    text(&mut about, master_id.as_bytes());
    about
}

pub(crate) fn text(about: &mut Vec<u8>, text: &[u8]) {
    about.extend_from_slice(&(text.len() as u64).to_be_bytes());
    about.extend_from_slice(text);
}

/// The form, a nonce, the value under the key, the tag. Nonces are random: of one key 2^32 may be drawn
/// before two are likely to be the same, which no customer comes near.
pub(crate) fn seal(key: &LessSafeKey, about: &[u8], value: &[u8]) -> Result<Vec<u8>, NoRandomness> {
    let mut nonce = [0; NONCE_LEN];
    let filled = SystemRandom::new().fill(&mut nonce);
    filled.map_err(|_| NoRandomness)?;
    let mut sealed = value.to_vec();
    let nonce_used = Nonce::assume_unique_for_key(nonce);
    // Fails for values of more than 64 GiB only.
    let done = key.seal_in_place_append_tag(nonce_used, Aad::from(about), &mut sealed);
    done.map_err(|_| NoRandomness)?;
    let mut whole = Vec::with_capacity(1 + NONCE_LEN + sealed.len());
    whole.push(FORM);
    whole.extend_from_slice(&nonce);
    whole.append(&mut sealed);
    Ok(whole)
}

pub(crate) fn open(key: &LessSafeKey, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    let rest = sealed.strip_prefix(&[FORM]).ok_or(CannotOpen)?;
    let (nonce, rest) = rest.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
    let mut bytes = rest.to_vec();
    let opened = key.open_in_place(nonce, Aad::from(about), &mut bytes);
    let length = opened.map_err(|_| CannotOpen)?.len();
    bytes.truncate(length);
    Ok(bytes)
}
