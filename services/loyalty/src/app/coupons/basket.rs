//! What coupons do to a basket: the same for a look, for a reservation.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::CouponsError;
use super::facts;
use super::issue::template;
use crate::app::{AppError, Loyalty};
use crate::domain::coupons::{
    Applied, Basket, BasketLine, Code, Coupon, Discount, Inapplicable, NotApplicable, discounts,
};
use crate::domain::program::Program;
use crate::domain::rating::{self, Judge as _, Matter, Witness};
use crate::store::coupons;

/// A basket that coupons are to be applied to.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Whose basket.
    pub(crate) customer_id: Uuid,
    /// The codes, in the order in which they are applied.
    pub(crate) codes: Vec<Code>,
    /// What the amounts are.
    pub(crate) lines: Vec<BasketLine>,
    /// The same as a purchase that is not made yet, for the conditions.
    pub(crate) purchase: rating::Basket,
}

/// Coupons that go with a basket.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The basket.
    pub(crate) basket: Basket,
    /// The coupons, in the order in which they are applied, each with what it takes off.
    pub(crate) coupons: Vec<(Coupon, Discount)>,
}

/// Tells what the coupons would do now. Nothing is locked.
pub(crate) async fn check(loyalty: &Loyalty, wanted: &Wanted) -> Result<Checked, AppError> {
    let mut db = loyalty.snapshot().await?;
    let found = coupons::by_code(&mut *db, &coupons::texts(&wanted.codes)).await?;
    apply(loyalty, &mut db, wanted, found, loyalty.now()).await
}

/// Applies coupons, as they were read, to a basket.
pub(super) async fn apply(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    wanted: &Wanted,
    found: Vec<Coupon>,
    now: Timestamp,
) -> Result<Checked, AppError> {
    let basket = Basket::of(wanted.lines.clone()).map_err(CouponsError::from)?;
    let coupons = in_order(&wanted.codes, &found)?;
    let mut programs: Vec<Arc<Program>> = Vec::with_capacity(coupons.len());
    for coupon in &coupons {
        check_coupon(coupon, wanted.customer_id, now)?;
        let version = loyalty
            .programs
            .version(db, &coupon.program_id, coupon.program_version);
        programs.push(version.await?);
    }
    let purchase = rating::Basket {
        ordered_at: now,
        ..wanted.purchase.clone()
    };
    let mut applied = Vec::with_capacity(coupons.len());
    for (coupon, program) in coupons.iter().zip(&programs) {
        let template = template(program, &coupon.template_id)?;
        let condition_holds = match &template.condition {
            None => true,
            Some(condition) => {
                let member = facts::member(db, program, wanted.customer_id, now).await?;
                let zone = &program.document.zone;
                let witness = Witness::new(Matter::Basket(&purchase), &member, zone);
                let holds = witness.holds(condition, None);
                holds.map_err(CouponsError::from)?
            }
        };
        applied.push(Applied {
            code: &coupon.code,
            template,
            condition_holds,
        });
    }
    let discounts = discounts(&basket, &applied).map_err(CouponsError::from)?;
    let coupons = coupons.into_iter().cloned().zip(discounts).collect();
    Ok(Checked { basket, coupons })
}

/// The coupons as they were named. One that is named twice stands twice, and is refused later.
fn in_order<'a>(codes: &[Code], found: &'a [Coupon]) -> Result<Vec<&'a Coupon>, CouponsError> {
    let named = codes
        .iter()
        .map(|code| found.iter().find(|coupon| coupon.code == *code));
    let resource = "coupon";
    named
        .map(|coupon| coupon.ok_or(CouponsError::NotFound { resource }))
        .collect()
}

/// What the coupon itself asks, without the basket.
fn check_coupon(coupon: &Coupon, customer_id: Uuid, now: Timestamp) -> Result<(), CouponsError> {
    let refuse = |why| Inapplicable {
        code: coupon.code.clone(),
        why,
    };
    if coupon.customer_id.is_some_and(|owner| owner != customer_id) {
        return Err(refuse(NotApplicable::OtherMember).into());
    }
    coupon
        .check_free(now)
        .map_err(|error| CouponsError::Coupon {
            code: coupon.code.clone(),
            error,
        })?;
    if coupon.validity.is_ahead(now) {
        let from = coupon.validity.from;
        return Err(refuse(NotApplicable::NotYetValid { from }).into());
    }
    Ok(())
}
