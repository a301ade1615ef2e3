use uuid::Uuid;

use super::MembershipError;
use crate::app::read::{Membership, Page, member};
use crate::app::{AppError, Loyalty};
use crate::store::membership::cards;
use crate::store::membership::changes::{self as store, Change};
use crate::store::membership::merges::{self as merged, Merge};

/// The member of a valid card.
pub(crate) async fn lookup(
    loyalty: &Loyalty,
    number: &str,
) -> Result<(Uuid, Membership), AppError> {
    let number = number.parse().map_err(MembershipError::CardNumber)?;
    let owner = cards::owner(loyalty.db.pool(), &number).await?;
    let customer_id = owner.ok_or(MembershipError::CardNotFound)?;
    Ok((customer_id, member(loyalty, customer_id).await?))
}

/// A page of what happened to a membership, before a number.
pub(crate) async fn changes(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<i64>,
    size: u16,
) -> Result<Page<Change>, AppError> {
    loyalty.require_member(customer_id).await?;
    let pool = loyalty.db.pool();
    let rows = store::page(pool, customer_id, before, i64::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}

/// A page of what was merged into a membership, before one of them.
pub(crate) async fn merges(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<Merge>, AppError> {
    loyalty.require_member(customer_id).await?;
    let mut db = loyalty.snapshot().await?;
    let rows = merged::page(&mut db, customer_id, before, i64::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}
