use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use tonic::Code;

use crate::app::rating::RatingError;

/// An error about purchases and acts as what its callers see.
#[track_caller]
pub(in crate::api) fn refused(error: RatingError) -> Refusal {
    let (code, reason) = match error {
        RatingError::ActivityNotFound => (Code::NotFound, ErrorReason::ActivityNotFound),
        RatingError::SaleNotFound => (Code::NotFound, ErrorReason::SaleNotFound),
        RatingError::ParkedNotFound => (Code::NotFound, ErrorReason::ParkedRatingNotFound),
        RatingError::MembershipEnded => (Code::FailedPrecondition, ErrorReason::MembershipEnded),
    };
    Refusal::new(code, reason, error.to_string())
}
