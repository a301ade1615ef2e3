//! Errors of attributes.

use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::attributes::AttributeError;
use crate::domain::attribute::asked::Refused;
use crate::domain::attribute::definition::Key;
use crate::domain::invalid::Invalid;

impl From<AttributeError> for Refusal {
    #[track_caller]
    fn from(error: AttributeError) -> Self {
        let message = error.to_string();
        match error {
            AttributeError::NotFound(key) => not_found(&key, message),
            AttributeError::AlreadyExists => Self::new(
                Code::AlreadyExists,
                ErrorReason::AttributeAlreadyExists,
                message,
            ),
            AttributeError::Archived(key) => archived(&key, message),
            AttributeError::TooMany => Self::new(
                Code::ResourceExhausted,
                ErrorReason::AttributeLimit,
                message,
            ),
            AttributeError::NotExposed(_) => {
                Self::new(Code::PermissionDenied, Common::FieldNotExposed, message).field(
                    "attribute.sensitivity",
                    "its values are not shown to the caller",
                )
            }
            AttributeError::Changed => Self::new(Code::Aborted, Common::EtagMismatch, message),
            AttributeError::Fixed(invalid) => Self::new(
                Code::FailedPrecondition,
                ErrorReason::AttributeTypeFixed,
                message,
            )
            .field(&invalid.field, invalid.problem.to_string()),
            AttributeError::Store(error) => error.into(),
        }
    }
}

impl From<Refused> for Refusal {
    fn from(error: Refused) -> Self {
        let message = error.to_string();
        match error {
            Refused::NotFound(key) => not_found(&key, message),
            Refused::Archived(key) => archived(&key, message),
            Refused::Wrong(wrong) => {
                let reason = ErrorReason::AttributeValueInvalid;
                let refusal = Self::new(Code::InvalidArgument, reason, message);
                let place = |refusal: Self, invalid: &Invalid| {
                    refusal.field(&invalid.field, invalid.problem.to_string())
                };
                wrong.iter().fold(refusal, place)
            }
        }
    }
}

fn not_found(key: &Key, message: String) -> Refusal {
    let reason = ErrorReason::AttributeNotFound;
    Refusal::new(Code::NotFound, reason, message).metadata("attribute_id", key.0.clone())
}

fn archived(key: &Key, message: String) -> Refusal {
    let reason = ErrorReason::AttributeArchived;
    Refusal::new(Code::FailedPrecondition, reason, message).metadata("attribute_id", key.0.clone())
}
