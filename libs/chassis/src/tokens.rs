//! What callers are told about their tokens, by services and the gateway alike.

use std::time::Duration;

use access::TokenError;
use contract::patron::r#type::v1::ErrorReason;
use tonic::Code;

use crate::{NotVerified, Refusal};

/// When a caller may try again whose issuer's keys are still missing.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// When a caller may try again whose token waits behind too many others.
const BUSY_RETRY_AFTER: Duration = Duration::from_secs(1);

/// There is no token. The metadata `token` tells it from one that is no good.
pub fn no_token(message: &str) -> Refusal {
    let (code, reason) = (Code::Unauthenticated, ErrorReason::Unauthenticated);
    Refusal::new(code, reason, message).metadata("token", "missing")
}

/// There is a token, but it is not believed. When its issuer's keys are missing it may well be good, so its
/// caller must not be told to throw it away.
pub fn token_refused(error: &NotVerified) -> Refusal {
    let message = error.to_string();
    match error {
        NotVerified::Busy => {
            let (code, reason) = (Code::ResourceExhausted, ErrorReason::Overloaded);
            Refusal::new(code, reason, message).retry_after(BUSY_RETRY_AFTER)
        }
        NotVerified::Refused(TokenError::NoKeysYet { issuer }) => {
            let (code, reason) = (Code::Unavailable, ErrorReason::IssuerUnavailable);
            Refusal::new(code, reason, message)
                .metadata("issuer", issuer)
                .retry_after(RETRY_AFTER)
        }
        NotVerified::Refused(_) => {
            Refusal::new(Code::Unauthenticated, ErrorReason::Unauthenticated, message)
        }
    }
}
