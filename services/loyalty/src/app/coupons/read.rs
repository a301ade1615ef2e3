use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::CouponsError;
use super::issue::template;
use crate::app::read::{Page, require_member};
use crate::app::{AppError, Loyalty};
use crate::domain::coupons::{Code, Coupon, Reservation};
use crate::domain::program::CouponTemplate;
use crate::store::coupons::batches::{self, CouponBatch};
use crate::store::coupons::{self, reservations};

/// A coupon with what it follows.
pub(crate) type Described = (Coupon, CouponTemplate);

/// A coupon by its code.
pub(crate) async fn by_code(loyalty: &Loyalty, code: &Code) -> Result<Described, AppError> {
    let mut db = loyalty.snapshot().await?;
    let found = coupons::by_code(&mut *db, &[code.as_str()]).await?;
    let resource = "coupon";
    let coupon = found
        .into_iter()
        .next()
        .ok_or(CouponsError::NotFound { resource })?;
    describe(loyalty, &mut db, coupon).await
}

/// A page of a member's coupons.
pub(crate) async fn member_coupons(
    loyalty: &Loyalty,
    customer_id: Uuid,
    usable_at: Option<Timestamp>,
    before: Option<Uuid>,
    size: u16,
) -> Result<Page<Described>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let limit = i64::from(size) + 1;
    let rows = coupons::of_member(&mut *db, customer_id, usable_at, before, limit).await?;
    if rows.is_empty() {
        require_member(&mut *db, customer_id).await?;
    }
    describe_all(loyalty, &mut db, Page::cut(rows, size)).await
}

/// A batch.
pub(crate) async fn batch(loyalty: &Loyalty, batch_id: Uuid) -> Result<CouponBatch, AppError> {
    let found = batches::find(loyalty.db.pool(), batch_id).await?;
    let resource = "batch";
    Ok(found.ok_or(CouponsError::NotFound { resource })?)
}

/// A page of the coupons of a batch.
pub(crate) async fn batch_coupons(
    loyalty: &Loyalty,
    batch_id: Uuid,
    after: Option<Uuid>,
    size: u16,
) -> Result<Page<Described>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let rows = coupons::of_batch(&mut *db, batch_id, after, i64::from(size) + 1).await?;
    if rows.is_empty() && batches::find(&mut *db, batch_id).await?.is_none() {
        let resource = "batch";
        return Err(CouponsError::NotFound { resource }.into());
    }
    describe_all(loyalty, &mut db, Page::cut(rows, size)).await
}

/// A reservation with its coupons, as they apply.
pub(crate) async fn reservation(
    loyalty: &Loyalty,
    customer_id: Uuid,
    reservation_id: Uuid,
) -> Result<(Reservation, Vec<Coupon>), AppError> {
    let mut db = loyalty.snapshot().await?;
    let found = reservations::find(&mut db, customer_id, reservation_id).await?;
    let resource = "reservation";
    let found = found.ok_or(CouponsError::NotFound { resource })?;
    let ids: Vec<Uuid> = found
        .discounts
        .iter()
        .map(|(coupon_id, _)| *coupon_id)
        .collect();
    let mut held = coupons::by_ids(&mut *db, &ids).await?;
    held.sort_by_key(|coupon| ids.iter().position(|id| *id == coupon.coupon_id));
    Ok((found, held))
}

async fn describe_all(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    page: Page<Coupon>,
) -> Result<Page<Described>, AppError> {
    let mut rows = Vec::with_capacity(page.rows.len());
    for coupon in page.rows {
        rows.push(describe(loyalty, db, coupon).await?);
    }
    let has_more = page.has_more;
    Ok(Page { rows, has_more })
}

/// Versions of programs are kept in memory, so this is rarely a read.
async fn describe(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    coupon: Coupon,
) -> Result<Described, AppError> {
    let program = loyalty
        .programs
        .version(db, &coupon.program_id, coupon.program_version);
    let program = program.await?;
    let template = template(&program, &coupon.template_id)?.clone();
    Ok((coupon, template))
}
