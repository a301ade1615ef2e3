use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::caller::SERVICE_PREFIX;
use crate::{Bearer, Claims, SignError, Signer};

/// How long a service's token is valid. Short: it cannot be withdrawn.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// A token is replaced when less than this is left, so none expires on its way.
const RENEWAL_MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// One service's proof of who it is, for its calls to the others.
pub struct ServiceIdentity {
    signer: Signer,
    claims: Claims,
    current: Mutex<Option<Minted>>,
}

struct Minted {
    token: Bearer,
    renew_at: Timestamp,
}

impl ServiceIdentity {
    /// The identity `service:<role>`, proven by the services' common key.
    pub fn new(signer: Signer, role: &str) -> Self {
        let claims = Claims {
            subject: format!("{SERVICE_PREFIX}{role}"),
            ..Claims::default()
        };
        Self {
            signer,
            claims,
            current: Mutex::new(None),
        }
    }

    /// The subject that its tokens name.
    pub fn subject(&self) -> &str {
        &self.claims.subject
    }

    /// A token that is valid for at least another minute. Signs anew only every few minutes.
    pub fn token(&self, now: Timestamp) -> Result<Bearer, SignError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(minted) = current.as_ref().filter(|minted| now < minted.renew_at) {
            return Ok(minted.token.clone());
        }
        let token = self.signer.sign(&self.claims, now, TOKEN_LIFE)?;
        let renew_at = now
            .checked_add(TOKEN_LIFE - RENEWAL_MARGIN)
            .map_err(SignError::Expiry)?;
        *current = Some(Minted {
            token: token.clone(),
            renew_at,
        });
        Ok(token)
    }
}
