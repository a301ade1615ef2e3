//! Why things are what they are, read from what was kept when they happened.

mod operation;
mod refusal;
mod tier_change;

use super::AppError;
use crate::store::StoreError;

pub(crate) use operation::{Explained, explain_operation};
pub(crate) use refusal::{ExplainedRefusal, explain_refusal};
pub(crate) use tier_change::explain_tier_change;

/// Why something can't be explained.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExplainError {
    /// There is no such operation of that member.
    #[error("there is no such operation of that member")]
    OperationNotFound,
    /// There is no such change of that member.
    #[error("there is no such change of a standing of that member")]
    TierChangeNotFound,
    /// Nothing was refused under that id.
    #[error("no request of that id and caller was refused")]
    RefusalNotFound,
    /// What is stored can't be read.
    #[error("the details of the operation can't be read")]
    Unreadable(#[from] prost::DecodeError),
    /// The keys of requests can't be asked.
    #[error(transparent)]
    Keys(#[from] chassis::Refusal),
    /// As other use cases fail.
    #[error(transparent)]
    App(Box<AppError>),
}

impl From<StoreError> for ExplainError {
    fn from(error: StoreError) -> Self {
        Self::App(Box::new(AppError::from(error)))
    }
}
