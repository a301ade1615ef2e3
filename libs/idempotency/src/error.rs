use std::time::Duration;

use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason;
use postgres::DatabaseError;
use tonic::Code;

/// When a caller may ask again for something that is still being worked on.
const SOON: Duration = Duration::from_millis(200);
/// When a caller may ask again after an outage.
const LATER: Duration = Duration::from_secs(1);

/// A row that no code of this crate can have left behind.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CorruptRecord {
    #[error("the key was committed without an outcome")]
    NoOutcome,
    #[error("the key vanished while it was read")]
    Vanished,
    #[error("the stored answer can't be decoded")]
    Reply(#[from] prost::DecodeError),
    #[error("what is sealed of the request does not open there")]
    Sealed(#[from] seal::CannotOpen),
    #[error(transparent)]
    Refusal(#[from] chassis::CorruptRefusal),
}

/// How a caller learns of trouble with the database. What became of the request is not known; the
/// same request again finds out.
#[track_caller]
pub(crate) fn refuse(error: impl Into<DatabaseError>) -> Refusal {
    let error = error.into();
    if error.is_locked_out() {
        let message = "the same request is being worked on by another call";
        Refusal::new(Code::Aborted, ErrorReason::RequestInProgress, message).retry_after(SOON)
    } else if error.is_timeout() {
        let message = "the deadline has passed; the same request again tells the outcome";
        Refusal::new(
            Code::DeadlineExceeded,
            ErrorReason::DeadlineExceeded,
            message,
        )
    } else if error.is_unavailable() || error.is_serialization_or_deadlock() {
        tracing::warn!(%error, "the database could not do it now");
        let message = "the database can't do it now; the same request again tells the outcome";
        Refusal::new(Code::Unavailable, ErrorReason::Unavailable, message).retry_after(LATER)
    } else {
        Refusal::internal(error)
    }
}
