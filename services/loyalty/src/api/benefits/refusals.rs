use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use tonic::Code;

use crate::app::benefits::BenefitsError;

/// An error about benefits as what its callers see.
#[track_caller]
pub(in crate::api) fn refused(error: BenefitsError) -> Refusal {
    let told = error.to_string();
    let not_found = |reason| Refusal::new(Code::NotFound, reason, told.clone());
    let forbidden = |reason| Refusal::new(Code::FailedPrecondition, reason, told.clone());
    match error {
        BenefitsError::NotFound { .. } => not_found(ErrorReason::BenefitNotFound),
        BenefitsError::UseNotFound { .. } => not_found(ErrorReason::BenefitUseNotFound),
        BenefitsError::NotEntitled => forbidden(ErrorReason::NotEntitled),
        BenefitsError::StockUsedUp => forbidden(ErrorReason::BenefitStockUsedUp),
        BenefitsError::NotActive => forbidden(ErrorReason::MemberNotActive),
        BenefitsError::Returned => forbidden(ErrorReason::BenefitUseReturned),
        BenefitsError::QuotaUsedUp { period, quota } => forbidden(ErrorReason::BenefitQuotaUsedUp)
            .metadata("period", period)
            .metadata("quota", quota.to_string()),
    }
}
