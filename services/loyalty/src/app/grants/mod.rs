//! Giving members things, and taking them back, in the transaction of whatever is the cause. The
//! member must be open in the books; the books are written by whoever opened them.

mod give;
pub(in crate::app) mod points;
mod revoke;
#[cfg(test)]
mod tests;

pub(crate) use give::give;
pub(crate) use revoke::revoke;

use uuid::Uuid;

use super::read::{Page, require_member};
use super::{AppError, Loyalty};
use crate::domain::grants::Given;
use crate::store;

/// A page of what a member was given, the latest first, each with the code where it is a coupon.
pub(crate) async fn page(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<(Given, Option<String>)>, AppError> {
    let pool = loyalty.db.pool();
    let rows = store::grants::page(pool, customer_id, before, i64::from(size) + 1).await?;
    if rows.is_empty() {
        require_member(pool, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}
