//! Errors of consent and contact.

use calendar::UnknownZone;
use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::contact::ContactError;
use crate::domain::contact::ledger::{AlreadyConfirmed, Ended};
use crate::domain::contact::opt_in::NotPending;
use crate::domain::contact::policy::UnknownTopic;
use crate::wire::contact::contacts::state_of;

impl From<ContactError> for Refusal {
    #[track_caller]
    fn from(error: ContactError) -> Self {
        let message = error.to_string();
        match error {
            ContactError::CustomerNotFound => super::customer_not_found(),
            ContactError::ContactNotFound => {
                Self::new(Code::NotFound, ErrorReason::ContactNotFound, message)
            }
            ContactError::UnknownTopic { path, source } => unknown_topic(&path, source),
            ContactError::NotPending(cause) => not_pending(cause),
            ContactError::TokenInvalid => {
                let reason = ErrorReason::OptInTokenInvalid;
                Self::new(Code::InvalidArgument, reason, message)
                    .field("token", "must be a token of an opt-in")
            }
            ContactError::Ended(ended) => reservation_ended(ended),
            ContactError::AlreadyConfirmed(AlreadyConfirmed) => {
                let reason = ErrorReason::ContactAlreadyConfirmed;
                Self::new(Code::FailedPrecondition, reason, message)
            }
            ContactError::TooManyReserved => {
                let reason = ErrorReason::ContactReservationLimit;
                Self::new(Code::ResourceExhausted, reason, message).retry_after(super::LATER)
            }
            ContactError::PolicyChanged => Self::new(Code::Aborted, Common::EtagMismatch, message),
            ContactError::Store(error) => error.into(),
            ContactError::Database(error) => super::database(error),
            ContactError::Outbox(error) => super::outbox(error),
            ContactError::NoZone(UnknownZone { .. }) | ContactError::PolicyUnreadable { .. } => {
                Self::internal(error)
            }
            ContactError::Token(refusal) => *refusal,
        }
    }
}

fn unknown_topic(path: &str, unknown: UnknownTopic) -> Refusal {
    let field = format!("{path}{}", unknown.field);
    let reason = ErrorReason::ContactTopicUnknown;
    Refusal::new(Code::FailedPrecondition, reason, unknown.to_string()).metadata("field", field)
}

fn not_pending(cause: NotPending) -> Refusal {
    let name = match cause {
        NotPending::Unknown => "UNKNOWN",
        NotPending::Expired => "EXPIRED",
        NotPending::Withdrawn => "WITHDRAWN",
    };
    let reason = ErrorReason::OptInNotPending;
    Refusal::new(Code::FailedPrecondition, reason, cause.to_string()).metadata("cause", name)
}

fn reservation_ended(ended: Ended) -> Refusal {
    let state = state_of(ended.state).as_str_name();
    let reason = ErrorReason::ContactReservationEnded;
    Refusal::new(Code::FailedPrecondition, reason, ended.to_string())
        .metadata("state", state.trim_start_matches("STATE_"))
}
