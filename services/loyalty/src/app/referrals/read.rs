//! Reading referrals.

use uuid::Uuid;

use super::ReferralsError;
use crate::app::read::Page;
use crate::app::{AppError, Loyalty};
use crate::domain::referrals::Referral;
use crate::store::referrals;

/// One referral of a member, on either side.
pub(crate) async fn referral(
    loyalty: &Loyalty,
    customer_id: Uuid,
    referral_id: Uuid,
) -> Result<Referral, AppError> {
    let found = referrals::find(loyalty.db.pool(), customer_id, referral_id).await?;
    if found.is_none() {
        loyalty.require_member(customer_id).await?;
    }
    Ok(found.ok_or(ReferralsError::NotFound)?)
}

/// A page of a member's referrals, the latest first.
pub(crate) async fn page(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<Referral>, AppError> {
    let limit = i64::from(size) + 1;
    let rows = referrals::page(loyalty.db.pool(), customer_id, before, limit).await?;
    if rows.is_empty() {
        loyalty.require_member(customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}
