use uuid::Uuid;

use super::AdjustmentsError;
use crate::app::read::Page;
use crate::app::{AppError, Loyalty};
use crate::domain::adjustments::Correction;
use crate::store::adjustments as store;

/// A correction.
pub(crate) async fn one(
    loyalty: &Loyalty,
    customer_id: Uuid,
    adjustment_id: Uuid,
) -> Result<Correction, AppError> {
    let found = store::find(loyalty.db.pool(), customer_id, adjustment_id).await?;
    if found.is_none() {
        loyalty.require_member(customer_id).await?;
    }
    Ok(found.ok_or(AdjustmentsError::NotFound)?)
}

/// A page of corrections, of a member or of all, before one of them.
pub(crate) async fn page(
    loyalty: &Loyalty,
    customer_id: Option<Uuid>,
    (before, pending_only): (Option<Uuid>, bool),
    size: u16,
) -> Result<Page<Correction>, AppError> {
    if let Some(customer_id) = customer_id {
        loyalty.require_member(customer_id).await?;
    }
    let pending_at = pending_only.then(|| loyalty.now());
    let limit = i64::from(size) + 1;
    let rows = store::page(loyalty.db.pool(), customer_id, pending_at, before, limit).await?;
    Ok(Page::cut(rows, size))
}
