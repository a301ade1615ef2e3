use std::time::Duration;

use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::app::referrals::ReferralsError;
use crate::domain::referrals::LineageError;

/// When to try again after others were at work.
const SOON: Duration = Duration::from_millis(100);

impl From<ReferralsError> for Refusal {
    #[track_caller]
    fn from(error: ReferralsError) -> Self {
        let message = error.to_string();
        let failed = |reason| Self::new(Code::FailedPrecondition, reason, message.clone());
        let not_found = |reason| Self::new(Code::NotFound, reason, message.clone());
        match &error {
            ReferralsError::CodeNotFound => not_found(ErrorReason::ReferralCodeNotFound),
            ReferralsError::NotFound => not_found(ErrorReason::ReferralNotFound),
            ReferralsError::NotActive => failed(ErrorReason::MemberNotActive),
            ReferralsError::NotOffered => failed(ErrorReason::ReferralsNotOffered),
            ReferralsError::AlreadyClaimed => failed(ErrorReason::ReferralAlreadyClaimed),
            ReferralsError::AfterPurchase { order_id } => {
                failed(ErrorReason::ReferralAfterPurchase).metadata("order_id", order_id)
            }
            ReferralsError::Lineage(LineageError::Oneself) => failed(ErrorReason::ReferralSelf),
            ReferralsError::Lineage(LineageError::Ring { steps }) => {
                failed(ErrorReason::ReferralRing).metadata("steps", steps.to_string())
            }
            ReferralsError::Busy => {
                Self::new(Code::Unavailable, Common::Unavailable, message).retry_after(SOON)
            }
            ReferralsError::NoCode => Self::internal(error),
        }
    }
}
