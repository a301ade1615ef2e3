//! Errors of the match policy and its queue.

use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::identity::rules::RuleError;
use crate::wire::matches::state_of;

impl From<RuleError> for Refusal {
    #[track_caller]
    fn from(error: RuleError) -> Self {
        let message = error.to_string();
        match error {
            RuleError::TooBroad(broad) => {
                let reason = ErrorReason::MatchPolicyTooBroad;
                Self::new(Code::FailedPrecondition, reason, message)
                    .metadata("merges", broad.merges.to_string())
                    .metadata("most_merges", broad.most.to_string())
            }
            RuleError::PolicyChanged => Self::new(Code::Aborted, Common::EtagMismatch, message),
            RuleError::NotFound => {
                Self::new(Code::NotFound, ErrorReason::MatchReviewNotFound, message)
            }
            RuleError::AlreadyDecided { state } => {
                let state = state_of(state).as_str_name();
                let reason = ErrorReason::MatchAlreadyDecided;
                Self::new(Code::FailedPrecondition, reason, message)
                    .metadata("state", state.trim_start_matches("STATE_"))
            }
            RuleError::PolicyUnreadable { .. } => Self::internal(error),
            RuleError::Store(error) => error.into(),
        }
    }
}
