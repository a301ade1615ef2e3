use access::Reach;
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

/// Whose corrections are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Whose<'a> {
    /// A member's.
    Member(Uuid),
    /// Those of members of these regions and brands, as far as that was heard.
    Within(&'a Reach),
    /// All.
    Everybodys,
}

/// A page of corrections before one of them.
pub(crate) async fn page(
    loyalty: &Loyalty,
    whose: Whose<'_>,
    (before, pending_only): (Option<Uuid>, bool),
    size: u16,
) -> Result<Page<Correction>, AppError> {
    let pending_at = pending_only.then(|| loyalty.now());
    let (db, limit) = (loyalty.db.pool(), i64::from(size) + 1);
    let rows = match whose {
        Whose::Member(customer_id) => {
            loyalty.require_member(customer_id).await?;
            store::page(db, Some(customer_id), pending_at, before, limit).await?
        }
        Whose::Within(reach) => store::page_within(db, reach, pending_at, before, limit).await?,
        Whose::Everybodys => store::page(db, None, pending_at, before, limit).await?,
    };
    Ok(Page::cut(rows, size))
}
