use std::time::Duration;

use chassis::Refusal;
use contract::patron::complaints::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use postgres::DatabaseError;
use tonic::Code;

use crate::domain::Forbidden;
use crate::store::StoreError;
use crate::wire;

/// When a caller may try again after an outage or a collision.
const LATER: Duration = Duration::from_secs(1);

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaseError {
    /// There is no such case.
    #[error("there is no such case")]
    NotFound,
    /// The case's state does not allow it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The case has changed since the caller read it.
    #[error("the case has changed since its etag was read")]
    EtagMismatch,
    /// The origin has opened a case before.
    #[error("the origin has opened a case before")]
    OriginTaken,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event could not be written.
    #[error("the event could not be written")]
    Outbox(#[from] events::OutboxError),
}

impl From<CaseError> for Refusal {
    fn from(error: CaseError) -> Self {
        let message = error.to_string();
        match error {
            CaseError::NotFound => Refusal::new(Code::NotFound, ErrorReason::CaseNotFound, message),
            CaseError::Forbidden(Forbidden { state, action }) => Refusal::new(
                Code::FailedPrecondition,
                ErrorReason::CaseStateForbids,
                message,
            )
            .metadata("state", wire::state_name(state))
            .metadata("action", action.name()),
            CaseError::EtagMismatch => Refusal::new(Code::Aborted, Common::EtagMismatch, message),
            CaseError::Store(StoreError::Database(error)) => refuse_for_database(error),
            CaseError::Store(StoreError::Erased) => erasure::erased(),
            error @ (CaseError::OriginTaken | CaseError::Store(_) | CaseError::Outbox(_)) => {
                Refusal::internal(error)
            }
        }
    }
}

/// How a caller learns of trouble with the database.
fn refuse_for_database(error: DatabaseError) -> Refusal {
    if error.is_timeout() {
        let message = "the database did not answer in time";
        Refusal::new(Code::DeadlineExceeded, Common::DeadlineExceeded, message)
    } else if error.is_unavailable() || error.is_serialization_or_deadlock() {
        tracing::warn!(%error, "the database could not do it now");
        let message = "the database can't do it now";
        Refusal::new(Code::Unavailable, Common::Unavailable, message).retry_after(LATER)
    } else {
        Refusal::internal(error)
    }
}
