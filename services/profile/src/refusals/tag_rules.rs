//! Errors of rules that give tags.

use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::tag_rules::TagRuleError;

impl From<TagRuleError> for Refusal {
    #[track_caller]
    fn from(error: TagRuleError) -> Self {
        let message = error.to_string();
        let refusal = |code, reason: ErrorReason| Self::new(code, reason, message.clone());
        match error {
            TagRuleError::NotFound => refusal(Code::NotFound, ErrorReason::TagRuleNotFound),
            TagRuleError::AlreadyExists => {
                refusal(Code::AlreadyExists, ErrorReason::TagRuleAlreadyExists)
            }
            TagRuleError::Archived => {
                refusal(Code::FailedPrecondition, ErrorReason::TagRuleArchived)
            }
            TagRuleError::TooMany => refusal(Code::ResourceExhausted, ErrorReason::TagRuleLimit),
            TagRuleError::Changed => Self::new(Code::Aborted, Common::EtagMismatch, message),
            TagRuleError::Invalid(invalid) => invalid.into(),
            TagRuleError::Condition(error) => error.into(),
            TagRuleError::Store(error) => error.into(),
        }
    }
}
