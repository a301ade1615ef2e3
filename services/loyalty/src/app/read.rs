//! Reading members, statements, lots, redemptions and programs: one statement each.

use uuid::Uuid;

use super::{AppError, Loyalty};
use crate::domain::{Lot, Program};
use crate::store::members::Membership;
use crate::store::redemptions::Spent;
use crate::store::statement::Line;
use crate::store::{lots, members, programs, redemptions, statement};

/// A page of a list, and whether another one follows.
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) rows: Vec<T>,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

impl<T> Page<T> {
    /// Of rows that were read with one more than the page holds.
    fn cut(mut rows: Vec<T>, size: u16) -> Self {
        let has_more = rows.len() > usize::from(size);
        rows.truncate(usize::from(size));
        Self { rows, has_more }
    }
}

/// A member.
pub(crate) async fn member(loyalty: &Loyalty, customer_id: Uuid) -> Result<Membership, AppError> {
    let found = members::read(loyalty.db.pool(), customer_id, loyalty.now()).await?;
    found.ok_or(AppError::MemberNotFound)
}

/// A page of a statement, before the entry of a number.
pub(crate) async fn entries(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<i64>,
    size: u16,
) -> Result<Page<Line>, AppError> {
    let pool = loyalty.db.pool();
    let rows = statement::page(pool, customer_id, before, i64::from(size) + 1).await?;
    if rows.is_empty() {
        require_member(loyalty, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}

/// A page of the lots that still hold points.
pub(crate) async fn lots(
    loyalty: &Loyalty,
    customer_id: Uuid,
    after: Option<&lots::After>,
    size: u16,
) -> Result<Page<Lot>, AppError> {
    let pool = loyalty.db.pool();
    let rows = lots::page(pool, customer_id, after, i64::from(size) + 1).await?;
    if rows.is_empty() {
        require_member(loyalty, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}

/// A redemption.
pub(crate) async fn redemption(
    loyalty: &Loyalty,
    customer_id: Uuid,
    redemption_id: Uuid,
) -> Result<Spent, AppError> {
    let found = redemptions::find(loyalty.db.pool(), customer_id, redemption_id).await?;
    if found.is_none() {
        require_member(loyalty, customer_id).await?;
    }
    found.ok_or(AppError::RedemptionNotFound)
}

/// A program as it is now.
pub(crate) async fn program(loyalty: &Loyalty, program_id: &str) -> Result<Program, AppError> {
    let found = programs::in_force(loyalty.db.pool(), program_id, loyalty.now()).await?;
    found.ok_or_else(|| AppError::ProgramNotFound {
        program_id: program_id.to_owned(),
    })
}

/// Nothing was found: is that all there is, or is there no such member?
async fn require_member(loyalty: &Loyalty, customer_id: Uuid) -> Result<(), AppError> {
    let exists = members::exists(loyalty.db.pool(), customer_id).await?;
    if exists {
        Ok(())
    } else {
        Err(AppError::MemberNotFound)
    }
}
