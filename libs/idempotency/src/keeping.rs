//! How requests and their answers are kept: in clear, or under a key of the service.

use std::borrow::Cow;

use seal::{CannotOpen, Keyring, NoRandomness, ServiceKey};
use uuid::Uuid;

use crate::Key;
use crate::fingerprint::Fingerprint;
use crate::named::ids_in;

const TABLE: &[u8] = b"idempotency_keys";
pub(crate) const REPLY: &[u8] = b"reply";
pub(crate) const FIELD_DIGESTS: &[u8] = b"field_digests";

/// How a service keeps the outcomes of requests. Refusals are kept in clear either way: they hold codes and
/// ids, and nothing of what somebody is called.
#[derive(Clone, Debug)]
pub enum Keeping {
    /// As they are: for services that keep in clear what they answer.
    Clear,
    /// Answers, and what is remembered of requests, sealed under the master key in use. When a master key is
    /// taken out of the keyring, who repeats a request of its time is told that it was made, and no more.
    Sealed(Keyring),
}

/// What is remembered of a request, as it is kept.
#[derive(Debug)]
pub(crate) struct Digests<'a> {
    pub(crate) sealed_by: Option<&'a str>,
    pub(crate) request: Cow<'a, [u8]>,
    pub(crate) fields: Cow<'a, [u8]>,
}

/// An answer as it is kept.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Of a sealed one the ids that it names.
    pub(crate) named: Option<Vec<Uuid>>,
}

impl Keeping {
    pub(crate) fn digests<'a>(
        &'a self,
        key: &Key,
        request: &'a Fingerprint,
    ) -> Result<Digests<'a>, NoRandomness> {
        let Self::Sealed(keyring) = self else {
            return Ok(Digests {
                sealed_by: None,
                request: Cow::Borrowed(&request.request),
                fields: Cow::Borrowed(&request.fields),
            });
        };
        let secret = Secret::in_use(keyring)?;
        let fields = secret.seal(key, FIELD_DIGESTS, &request.fields)?;
        Ok(Digests {
            request: Cow::Owned(secret.digest(key, request).to_vec()),
            fields: Cow::Owned(fields),
            sealed_by: Some(keyring.master_id()),
        })
    }

    pub(crate) fn answer(&self, key: &Key, reply: Vec<u8>) -> Result<Answer, NoRandomness> {
        let Self::Sealed(keyring) = self else {
            return Ok(Answer {
                bytes: reply,
                named: None,
            });
        };
        Ok(Answer {
            bytes: Secret::in_use(keyring)?.seal(key, REPLY, &reply)?,
            named: Some(ids_in(&reply)),
        })
    }

    /// The secret under which something was kept, unless it is gone.
    pub(crate) fn secret(&self, sealed_by: &str) -> Option<Secret<'_>> {
        match self {
            Self::Clear => None,
            Self::Sealed(keyring) => keyring.service_key_of(sealed_by).map(Secret),
        }
    }
}

/// Seals what is kept of requests.
pub(crate) struct Secret<'a>(ServiceKey<'a>);

impl<'a> Secret<'a> {
    fn in_use(keyring: &'a Keyring) -> Result<Self, NoRandomness> {
        keyring.service_key().map(Self).ok_or(NoRandomness)
    }

    pub(crate) fn digest(&self, key: &Key, request: &Fingerprint) -> [u8; 32] {
        let salt = key.salt();
        self.0
            .digest(&[TABLE, b"request_digest", &salt], &request.request)
    }

    pub(crate) fn open(
        &self,
        key: &Key,
        column: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, CannotOpen> {
        self.0.open(&[TABLE, column, &key.salt()], sealed)
    }

    fn seal(&self, key: &Key, column: &[u8], value: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        self.0.seal(&[TABLE, column, &key.salt()], value)
    }
}
