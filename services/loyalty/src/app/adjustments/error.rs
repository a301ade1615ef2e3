use crate::domain::adjustments::CorrectionRefusal;
use crate::domain::ledger::AdjustError;

/// Why a correction is not made, or not decided on. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdjustmentsError {
    /// There is no such correction.
    #[error("the member has no such correction")]
    NotFound,
    /// The membership has ended.
    #[error("the membership has ended")]
    Closed,
    /// It is not as it has to be.
    #[error(transparent)]
    Refused(#[from] CorrectionRefusal),
    /// The ledger does not make it.
    #[error(transparent)]
    Adjust(#[from] AdjustError),
}
