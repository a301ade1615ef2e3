use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::points;
use crate::app::books::Books;
use crate::app::coupons::issue_one;
use crate::app::{AppError, Loyalty};
use crate::domain::grants::{Gift, Given, GrantCause, plan};
use crate::domain::program::Grant;
use crate::store::grants;
use crate::wire;

/// Gives a member what a cause gives, each thing once, however often it is asked. Tells what was
/// given now.
///
/// What can't be given is withheld and missing in the answer: a coupon of a template that is used up
/// or that the program does not have any more, points for a membership that has ended. A purchase is
/// not refused because of it.
pub(crate) async fn give(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    grants: &[Grant],
    cause: &GrantCause,
    now: Timestamp,
) -> Result<Vec<Given>, AppError> {
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    let before = grants::of_cause(tx, customer_id, cause).await?;
    let mut given = Vec::with_capacity(grants.len());
    for gift in plan(grants, &before) {
        let mut new = Given {
            grant_id: books.new_id(),
            customer_id,
            cause: cause.clone(),
            position: gift.position,
            grant: gift.grant.clone(),
            result_id: gift.kept_result,
            given_at: now,
            revoked_at: None,
            kept: 0,
        };
        if !hand_over(loyalty, tx, books, &gift, &mut new).await? {
            tracing::warn!(
                loyalty.grant.cause = cause.kind.name(),
                loyalty.grant.position = gift.position,
                "a grant was withheld"
            );
            continue;
        }
        let event = wire::grants::given_event(&new);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
        given.push(new);
    }
    if !given.is_empty() {
        grants::insert(tx, &given).await?;
    }
    Ok(given)
}

/// Does what the thing itself asks for. False: it can't be given.
async fn hand_over(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    gift: &Gift<'_>,
    given: &mut Given,
) -> Result<bool, AppError> {
    if gift.fresh == 0 {
        return Ok(true);
    }
    match gift.grant {
        Grant::Points { wallet_id, .. } => {
            given.result_id =
                points::give(loyalty, tx, books, given, *wallet_id, gift.fresh).await?;
            Ok(given.result_id.is_some())
        }
        Grant::Coupon(template_id) => {
            let to = given.customer_id;
            given.result_id = issue_one(loyalty, tx, books, to, template_id.as_str()).await?;
            Ok(given.result_id.is_some())
        }
        // Counted where they are used.
        Grant::BenefitUse(_) | Grant::Badge(_) | Grant::Tickets { .. } => Ok(true),
    }
}
