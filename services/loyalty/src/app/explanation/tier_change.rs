use uuid::Uuid;

use super::ExplainError;
use crate::app::Loyalty;
use crate::store::tiers::changes::{self, ChangeRow};

/// A change of a member's standing, with what it was decided by.
pub(crate) async fn explain_tier_change(
    loyalty: &Loyalty,
    customer_id: Uuid,
    change_id: Uuid,
) -> Result<ChangeRow, ExplainError> {
    // Of the list, latest first, the one before whatever comes next.
    let next = Uuid::from_u128(change_id.as_u128().saturating_add(1));
    let found = changes::page(loyalty.db.pool(), customer_id, Some(next), 1).await?;
    let mut found = found.into_iter();
    found
        .find(|change| change.change_id == change_id)
        .ok_or(ExplainError::TierChangeNotFound)
}
