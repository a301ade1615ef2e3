//! Pages of lists: sizes are coerced down, tokens are opaque and tamper-proof.
//!
//! A list is read by keyset: the token carries the sort key of the last row that was given out, so
//! rows that are inserted meanwhile neither repeat nor hide others.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::patron::r#type::v1::ErrorReason;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use tonic::Code;

use crate::{Refusal, Secret};

/// Bytes of the authentication code in a token: enough that guessing is hopeless.
const CODE_BYTES: usize = 16;

/// Rows for a page: `default` when the caller asks for 0, never more than `most`.
pub fn page_size(requested: i32, default: u16, most: u16) -> u16 {
    match u16::try_from(requested.max(0)).unwrap_or(u16::MAX) {
        0 => default,
        wanted => wanted.min(most),
    }
}

/// The list that a token belongs to: a token of another list or of other filters is refused.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The method, for example `patron.profile.v1.ActivityService/ListTimeline`.
    pub method: &'a str,
    /// The values of the request's filters, in a fixed order.
    pub filters: &'a [&'a str],
}

/// Makes and reads page tokens. Replicas share the secret, so a token is good at each of them.
#[derive(Clone)]
pub struct PageTokens {
    keyed: Arc<Hmac<Sha256>>,
}

impl std::fmt::Debug for PageTokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("PageTokens")
    }
}

impl PageTokens {
    /// Tokens under a secret of any length; 32 random bytes are right.
    pub fn new(secret: &[u8]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let keyed = Hmac::new_from_slice(secret).expect("HMAC takes keys of every length");
        Self {
            keyed: Arc::new(keyed),
        }
    }

    /// A secret of its own for another purpose, under the same one: who has it can compute neither
    /// that one nor those of other purposes.
    pub fn derive(&self, purpose: &str) -> Secret<[u8; 32]> {
        let mut keyed = self.keyed.as_ref().clone();
        // Tokens begin with the length of a method, which is never this.
        keyed.update(&u64::MAX.to_be_bytes());
        keyed.update(purpose.as_bytes());
        Secret::new(keyed.finalize().into_bytes().into())
    }

    /// The token of the page after the row with this sort key.
    ///
    /// # Errors
    /// INTERNAL when the key can't be serialised, which is a defect.
    pub fn encode(&self, scope: Scope<'_>, last: &impl Serialize) -> Result<String, Refusal> {
        let cursor = serde_json::to_vec(last).map_err(Refusal::internal)?;
        let mut token = self.code(scope, &cursor).to_vec();
        token.extend_from_slice(&cursor);
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// The sort key in a token; `None` for the empty token, which asks for the first page.
    ///
    /// # Errors
    /// INVALID_ARGUMENT `PAGE_TOKEN_INVALID` for a token that these scope and secret did not make.
    pub fn decode<K: DeserializeOwned>(
        &self,
        scope: Scope<'_>,
        token: &str,
    ) -> Result<Option<K>, Refusal> {
        if token.is_empty() {
            return Ok(None);
        }
        self.opened(scope, token).map(Some).ok_or_else(|| {
            Refusal::new(
                Code::InvalidArgument,
                ErrorReason::PageTokenInvalid,
                "the page token is not one that this list gave out",
            )
            .field(
                "page_token",
                "must be a next_page_token of the same list and filters",
            )
        })
    }

    fn opened<K: DeserializeOwned>(&self, scope: Scope<'_>, token: &str) -> Option<K> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (code, cursor) = bytes.split_at_checked(CODE_BYTES)?;
        self.authenticated(scope, cursor)
            .verify_truncated_left(code)
            .ok()?;
        serde_json::from_slice(cursor).ok()
    }

    fn code(&self, scope: Scope<'_>, cursor: &[u8]) -> [u8; CODE_BYTES] {
        let full = self.authenticated(scope, cursor).finalize().into_bytes();
        std::array::from_fn(|place| full.get(place).copied().unwrap_or_default())
    }

    fn authenticated(&self, scope: Scope<'_>, cursor: &[u8]) -> Hmac<Sha256> {
        let mut keyed = self.keyed.as_ref().clone();
        for part in std::iter::once(&scope.method).chain(scope.filters) {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            keyed.update(&(part.len() as u64).to_be_bytes());
            keyed.update(part.as_bytes());
        }
        keyed.update(cursor);
        keyed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: Scope<'_> = Scope {
        method: "a.B/List",
        filters: &["x", ""],
    };

    #[test]
    fn secrets_of_other_purposes_differ_and_are_the_same_on_each_replica() {
        let derived = |secret: &[u8], purpose| *PageTokens::new(secret).derive(purpose).expose();
        assert_eq!(derived(b"secret", "a"), derived(b"secret", "a"));
        assert_ne!(derived(b"secret", "a"), derived(b"secret", "b"));
        assert_ne!(derived(b"secret", "a"), derived(b"other", "a"));
    }

    #[test]
    fn page_sizes_are_coerced_and_never_refused() {
        assert_eq!(
            [-1, 0, 7, 500, 501, i32::MAX].map(|size| page_size(size, 50, 500)),
            [50, 50, 7, 500, 500, 500]
        );
    }

    #[test]
    fn a_token_is_good_for_its_own_list_filters_and_secret_only() {
        let tokens = PageTokens::new(b"secret");
        let token = tokens.encode(SCOPE, &(7, "key")).unwrap();
        assert_eq!(
            tokens.decode::<(i32, String)>(SCOPE, &token).unwrap(),
            Some((7, "key".into()))
        );
        assert_eq!(tokens.decode::<(i32, String)>(SCOPE, "").unwrap(), None);

        let other_method = Scope {
            method: "a.B/Other",
            ..SCOPE
        };
        let other_filter = Scope {
            filters: &["", "x"],
            ..SCOPE
        };
        assert!(
            tokens
                .decode::<(i32, String)>(other_method, &token)
                .is_err()
        );
        assert!(
            tokens
                .decode::<(i32, String)>(other_filter, &token)
                .is_err()
        );
        assert!(
            PageTokens::new(b"other")
                .decode::<(i32, String)>(SCOPE, &token)
                .is_err()
        );
        for broken in ["x", "!!", &token[1..], &format!("{token}A")] {
            assert!(
                tokens.decode::<(i32, String)>(SCOPE, broken).is_err(),
                "{broken}"
            );
        }
    }
}
