use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::adjustments::AdjustmentsError;
use crate::domain::adjustments::{CorrectionRefusal, CorrectionState};
use crate::domain::ledger::AdjustError;

impl From<AdjustmentsError> for Refusal {
    #[track_caller]
    fn from(error: AdjustmentsError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        let nothing = || {
            let invalid = "the request breaks the contract";
            Self::new(Code::InvalidArgument, Common::InvalidArgument, invalid)
                .field("adjustment.points", message.clone())
        };
        match error {
            AdjustmentsError::NotFound => Self::new(
                Code::NotFound,
                ErrorReason::AdjustmentNotFound,
                message.clone(),
            ),
            AdjustmentsError::Closed => failed(ErrorReason::MemberNotActive),
            AdjustmentsError::Refused(CorrectionRefusal::Nothing)
            | AdjustmentsError::Adjust(AdjustError::NotPositive { .. }) => nothing(),
            AdjustmentsError::Refused(CorrectionRefusal::TooLarge { maximum }) => {
                failed(ErrorReason::AdjustmentTooLarge).metadata("maximum", maximum.to_string())
            }
            AdjustmentsError::Refused(CorrectionRefusal::Decided { state }) => {
                failed(ErrorReason::AdjustmentAlreadyDecided).metadata("state", name(state))
            }
            AdjustmentsError::Refused(CorrectionRefusal::FourEyes) => Self::new(
                Code::PermissionDenied,
                ErrorReason::AdjustmentFourEyes,
                message.clone(),
            ),
            AdjustmentsError::Adjust(AdjustError::Insufficient {
                available,
                required,
            }) => failed(ErrorReason::InsufficientPoints)
                .metadata("available", available.to_string())
                .metadata("required", required.to_string()),
            AdjustmentsError::Adjust(AdjustError::Ledger(error)) => {
                crate::api::refusals::ledger(error)
            }
        }
    }
}

fn name(state: CorrectionState) -> &'static str {
    match state {
        CorrectionState::Pending => "PENDING",
        CorrectionState::Applied => "APPLIED",
        CorrectionState::Rejected => "REJECTED",
        CorrectionState::Lapsed => "LAPSED",
    }
}
