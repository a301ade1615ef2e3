use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::CouponsError;
use super::issue::{Mint, count_in};
use crate::app::books::Books;
use crate::app::{AppError, Loyalty};
use crate::domain::grants::Given;
use crate::store::coupons;
use crate::wire;

/// Issues a coupon to a member whose books are open. `None`: the program has no such template any
/// more, or as many were issued as ever may be.
pub(crate) async fn issue_one(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    template_id: &str,
) -> Result<Option<Uuid>, AppError> {
    let program = books.holder(customer_id)?.program.clone();
    let Some(template) = program.document.coupon_template(template_id) else {
        return Ok(None);
    };
    match count_in(tx, &program, template, 1).await {
        Err(AppError::Coupons(CouponsError::IssueLimit { .. })) => return Ok(None),
        counted => counted?,
    }
    let mint = Mint {
        clock: &loyalty.clock,
        program: &program,
        template,
        batch_id: None,
        now: books.now(),
    };
    let coupons = mint.write(tx, vec![Some(customer_id)]).await?;
    for coupon in &coupons {
        let event = wire::coupons::issued_event(customer_id, coupon);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    }
    Ok(coupons.first().map(|coupon| coupon.coupon_id))
}

/// Voids a coupon that was granted. False: it was used, and the member keeps what it was worth.
pub(crate) async fn void_granted(
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    given: &Given,
    now: Timestamp,
) -> Result<bool, AppError> {
    let Some(coupon_id) = given.result_id else {
        return Ok(true);
    };
    let coupons = coupons::lock(tx, &[coupon_id]).await?;
    let Some(coupon) = coupons.first() else {
        return Ok(true);
    };
    let reason = "what it was given for was undone";
    let state = match coupon.void(reason, now) {
        Ok(state) => state,
        // Voided before, by hand: nothing is left to take.
        Err(error) => return Ok(error != crate::domain::coupons::CouponError::AlreadyUsed),
    };
    coupons::update(tx, &[(coupon_id, state)]).await?;
    let event = wire::coupons::voided_event(coupon, reason);
    let customer_id = given.customer_id;
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    Ok(true)
}
