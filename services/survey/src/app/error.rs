use std::time::Duration;

use chassis::Refusal;
use contract::patron::survey::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use postgres::DatabaseError;
use tonic::Code;

use crate::domain::{Fault, NotOpen};
use crate::store::StoreError;
use crate::wire;

/// When a caller may try again after an outage or a collision.
const LATER: Duration = Duration::from_secs(1);

/// Why a use case was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SurveyError {
    /// There is no such questionnaire.
    #[error("there is no such questionnaire")]
    QuestionnaireNotFound,
    /// There is no such invitation.
    #[error("there is no such invitation")]
    InvitationNotFound,
    /// The invitation is there, an answer is not.
    #[error("the invitation has no answer yet")]
    ResponseNotFound,
    /// The invitation can't be answered.
    #[error(transparent)]
    NotOpen(#[from] NotOpen),
    /// The answers do not fit the questionnaire.
    #[error("the answers do not fit the questionnaire")]
    AnswersInvalid { faults: Vec<Fault> },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The event could not be written.
    #[error("the event could not be written")]
    Outbox(#[from] events::OutboxError),
}

impl From<SurveyError> for Refusal {
    fn from(error: SurveyError) -> Self {
        let message = error.to_string();
        let not_found = |reason| Refusal::new(Code::NotFound, reason, message.clone());
        match error {
            SurveyError::QuestionnaireNotFound => not_found(ErrorReason::QuestionnaireNotFound),
            SurveyError::InvitationNotFound => not_found(ErrorReason::InvitationNotFound),
            SurveyError::ResponseNotFound => not_found(ErrorReason::ResponseNotFound),
            SurveyError::NotOpen(not_open) => refuse_not_open(not_open),
            SurveyError::AnswersInvalid { faults } => wire::responses::refuse(&faults),
            SurveyError::Store(StoreError::Database(error)) => refuse_for_database(error),
            SurveyError::Store(StoreError::Erased) => erasure::erased(),
            error @ (SurveyError::Store(_) | SurveyError::Outbox(_)) => Refusal::internal(error),
        }
    }
}

fn refuse_not_open(not_open: NotOpen) -> Refusal {
    let message = not_open.to_string();
    match not_open {
        NotOpen::Completed => Refusal::new(
            Code::FailedPrecondition,
            ErrorReason::InvitationCompleted,
            message,
        ),
        NotOpen::Over { state } => Refusal::new(
            Code::FailedPrecondition,
            ErrorReason::InvitationNotOpen,
            message,
        )
        .metadata("state", wire::invitations::state_name(state)),
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
