use std::collections::BTreeMap;

use contract::patron::loyalty::v1::OperationDetails;
use prost::Message as _;
use uuid::Uuid;

use super::ExplainError;
use crate::app::{AppError, Loyalty};
use crate::domain::Lot;
use crate::store::ledger::lots;
use crate::store::ledger::operations::{self, Recorded};

/// An operation with all that explains it.
#[derive(Debug)]
pub(crate) struct Explained {
    /// The operation.
    pub(crate) operation: Recorded,
    /// What was kept with it.
    pub(crate) details: OperationDetails,
    /// The lots that it touched, by id.
    pub(crate) lots: BTreeMap<Uuid, Lot>,
}

/// Reads an operation of a holder and everything that it names.
pub(crate) async fn explain_operation(
    loyalty: &Loyalty,
    holder_id: Uuid,
    operation_id: Uuid,
) -> Result<Explained, ExplainError> {
    let mut db = loyalty.snapshot().await?;
    let found = operations::from(&mut *db, holder_id, operation_id, 1).await?;
    let mut found = found.into_iter();
    let found = found.find(|operation| operation.operation_id == operation_id);
    let operation = found.ok_or(ExplainError::OperationNotFound)?;
    let touched = operation.entries.iter().filter_map(|entry| entry.lot_id);
    let touched: Vec<(Uuid, Uuid)> = touched.map(|lot_id| (holder_id, lot_id)).collect();
    let lots = lots::named(&mut db, &touched).await?;
    Ok(Explained {
        details: OperationDetails::decode(operation.details.as_slice())?,
        lots: lots
            .into_iter()
            .map(|own| (own.lot.lot_id, own.lot))
            .collect(),
        operation,
    })
}

impl From<AppError> for ExplainError {
    fn from(error: AppError) -> Self {
        Self::App(Box::new(error))
    }
}
