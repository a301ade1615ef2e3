//! Errors of tags and segments.

use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use rules::CompileError;
use tonic::Code;

use crate::app::segments::SegmentError;
use crate::domain::tag::Refused;

impl From<Refused> for Refusal {
    fn from(error: Refused) -> Self {
        let (code, reason) = match error {
            Refused::TooMany => (Code::ResourceExhausted, ErrorReason::TagLimit),
            Refused::NotFound => (Code::NotFound, ErrorReason::TagNotFound),
        };
        Self::new(code, reason, error.to_string())
    }
}

impl From<SegmentError> for Refusal {
    #[track_caller]
    fn from(error: SegmentError) -> Self {
        let message = error.to_string();
        let refusal = |code, reason: ErrorReason| Self::new(code, reason, message.clone());
        match error {
            SegmentError::NotFound => refusal(Code::NotFound, ErrorReason::SegmentNotFound),
            SegmentError::CustomerNotFound => super::customer_not_found(),
            SegmentError::AlreadyExists => {
                refusal(Code::AlreadyExists, ErrorReason::SegmentAlreadyExists)
            }
            SegmentError::Archived => {
                refusal(Code::FailedPrecondition, ErrorReason::SegmentArchived)
            }
            SegmentError::TooMany => refusal(Code::ResourceExhausted, ErrorReason::SegmentLimit),
            SegmentError::Changed => Self::new(Code::Aborted, Common::EtagMismatch, message),
            SegmentError::Condition { field, source } => condition(&field, &source),
            SegmentError::NotExposed { field, names } => {
                let refusal = Self::new(Code::PermissionDenied, Common::FieldNotExposed, message);
                names.iter().fold(refusal, |refusal, name| {
                    let what = format!(
                        "`{name}` is of a class that conditions of the caller may not read"
                    );
                    refusal.field(&field, what)
                })
            }
            SegmentError::Store(error) => error.into(),
            SegmentError::Outbox(error) => super::outbox(error),
            SegmentError::Zone(refusal) => *refusal,
        }
    }
}

/// All that is wrong with a condition, by line and column.
fn condition(field: &str, error: &CompileError) -> Refusal {
    let reason = ErrorReason::SegmentConditionInvalid;
    let refusal = Refusal::new(Code::InvalidArgument, reason, error.to_string());
    let place =
        |refusal: Refusal, problem: &rules::Problem| refusal.field(field, problem.to_string());
    error.problems.iter().fold(refusal, place)
}
