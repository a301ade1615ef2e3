use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use tonic::Code;

use crate::app::transfers::TransfersError;
use crate::domain::ledger::TransferError;

impl From<TransfersError> for Refusal {
    #[track_caller]
    fn from(error: TransfersError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        let refused = |cause: &str| failed(ErrorReason::TransferRefused).metadata("cause", cause);
        match error {
            TransfersError::ToOneself => refused("SELF"),
            TransfersError::NotOffered => refused("NOT_OFFERED"),
            TransfersError::OtherProgram => refused("OTHER_PROGRAM"),
            TransfersError::SameHousehold => refused("SAME_HOUSEHOLD"),
            TransfersError::AboveLimit { limit, remaining } => {
                failed(ErrorReason::TransferLimitExceeded)
                    .metadata("limit", limit.to_string())
                    .metadata("remaining", remaining.to_string())
            }
            TransfersError::NotFound => Self::new(
                Code::NotFound,
                ErrorReason::TransferNotFound,
                message.clone(),
            ),
            TransfersError::Transfer(TransferError::RecipientClosed) => refused("RECIPIENT_CLOSED"),
            TransfersError::Transfer(TransferError::Redeem(error)) => {
                crate::api::refusals::not_redeemed(error)
            }
            TransfersError::Transfer(TransferError::Ledger(error)) => {
                crate::api::refusals::ledger(error)
            }
            TransfersError::Transfer(
                TransferError::OtherCurrency { .. } | TransferError::NotPositive { .. },
            ) => Self::internal(error),
        }
    }
}
