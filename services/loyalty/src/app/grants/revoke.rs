use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::points;
use crate::app::books::Books;
use crate::app::coupons::void_granted;
use crate::app::{AppError, Loyalty};
use crate::domain::grants::{Given, GrantCause};
use crate::domain::program::Grant;
use crate::store::grants;
use crate::wire;

/// Takes back what a cause has given, as far as it can be: points by the policy for debt, coupons
/// that were not used. Tells what was taken back, each with what the member keeps of it.
pub(crate) async fn revoke(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    cause: &GrantCause,
    now: Timestamp,
) -> Result<Vec<Given>, AppError> {
    let mut revoked = grants::of_cause(tx, customer_id, cause).await?;
    revoked.retain(Given::stands);
    for given in &mut revoked {
        given.kept = match &given.grant {
            Grant::Points { wallet_id, points } => {
                let what = (*wallet_id, *points);
                points::take_back(loyalty, tx, books, given, what, now)
                    .await?
                    .get()
            }
            Grant::Coupon(_) => i64::from(!void_granted(tx, books, given, now).await?),
            Grant::BenefitUse(_) | Grant::Badge(_) | Grant::Tickets { .. } => 0,
        };
        given.revoked_at = Some(now);
        let event = wire::grants::revoked_event(given);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    }
    if !revoked.is_empty() {
        grants::revoke(tx, &revoked).await?;
    }
    Ok(revoked)
}
