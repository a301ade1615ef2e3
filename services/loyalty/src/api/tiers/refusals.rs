use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::tiers::TiersError;

/// An error about tiers as what its callers see.
#[track_caller]
pub(in crate::api) fn refused(error: TiersError) -> Refusal {
    let told = error.to_string();
    let not_found = |reason| Refusal::new(Code::NotFound, reason, told.clone());
    let forbidden = |reason| Refusal::new(Code::FailedPrecondition, reason, told.clone());
    match error {
        TiersError::LadderNotFound { .. } => not_found(ErrorReason::TierLadderNotFound),
        TiersError::TierNotFound { .. } => not_found(ErrorReason::TierNotFound),
        TiersError::GiftNotFound { .. } => not_found(ErrorReason::TierGiftNotFound),
        TiersError::GiftEnded { .. } => forbidden(ErrorReason::TierGiftEnded),
        TiersError::Closed => forbidden(ErrorReason::MemberNotActive),
        TiersError::OverAlready { today, .. } => {
            let message = "the request breaks the contract";
            Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message)
                .field("gift.until_date", format!("must not be before {today}"))
        }
    }
}
