//! What only this service can make: tokens of opt-ins, and fingerprints of identifiers.

use chassis::paging::{PageTokens, Scope};
use uuid::Uuid;

use super::ContactError;
use crate::domain::contact::consent::Fingerprint;
use crate::domain::contact::topic::StatementId;
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;

const SCOPE: Scope<'static> = Scope {
    method: "patron.profile.v1.ConsentService/ConfirmOptIn",
    filters: &[],
};

/// Secrets that all replicas share. A token is made of the request that it confirms, so it is kept
/// nowhere: who reads the database can confirm nothing.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    opt_ins: PageTokens,
    identifiers: PageTokens,
}

impl Secrets {
    /// Secrets of their own under the one that all replicas share.
    pub(crate) fn of(shared: &PageTokens) -> Self {
        let derived = |purpose| PageTokens::new(shared.derive(purpose).expose());
        Self {
            opt_ins: derived("patron profile opt-ins"),
            identifiers: derived("patron profile identifiers"),
        }
    }

    /// The token that confirms a request.
    pub(crate) fn token(
        &self,
        home: CustomerId,
        request: StatementId,
    ) -> Result<String, ContactError> {
        let token = self.opt_ins.encode(SCOPE, &(home.0, request.0));
        token.map_err(|refusal| ContactError::Token(Box::new(refusal)))
    }

    /// The request that a token confirms.
    pub(crate) fn read(&self, token: &str) -> Result<(CustomerId, StatementId), ContactError> {
        let read = self.opt_ins.decode::<(Uuid, Uuid)>(SCOPE, token);
        let (home, request) = read.ok().flatten().ok_or(ContactError::TokenInvalid)?;
        Ok((CustomerId(home), StatementId(request)))
    }

    /// By which the same identifier is known again, and nothing of it is told.
    pub(crate) fn fingerprint(&self, key: &IdentifierKey) -> Fingerprint {
        // A kind has no NUL, so no two identifiers are written alike.
        let written = format!("{}\0{}", key.kind, key.value);
        *self.identifiers.derive(&written).expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_that_was_made_here_is_read() {
        let secrets = Secrets::of(&PageTokens::new(b"one"));
        let (home, request) = (
            CustomerId(Uuid::from_u128(1)),
            StatementId(Uuid::from_u128(2)),
        );
        let token = secrets.token(home, request).unwrap();
        assert_eq!(secrets.read(&token).unwrap(), (home, request));
        let other = Secrets::of(&PageTokens::new(b"two"));
        for (secrets, token) in [
            (&other, token.as_str()),
            (&secrets, &token[1..]),
            (&secrets, ""),
        ] {
            assert!(matches!(
                secrets.read(token),
                Err(ContactError::TokenInvalid)
            ));
        }
    }

    #[test]
    fn fingerprints_tell_identifiers_apart_under_one_secret_only() {
        let key = |kind: &str, value: &str| {
            IdentifierKey::stated(kind.to_owned(), value.to_owned(), None)
        };
        let secrets = Secrets::of(&PageTokens::new(b"one"));
        let anna = secrets.fingerprint(&key("email", "anna@example.com"));
        assert_eq!(anna, secrets.fingerprint(&key("email", "anna@example.com")));
        assert_ne!(anna, secrets.fingerprint(&key("app", "anna@example.com")));
        let other = Secrets::of(&PageTokens::new(b"two"));
        assert_ne!(anna, other.fingerprint(&key("email", "anna@example.com")));
    }
}
