//! Coupons, batches of them, and reservations.

pub(crate) mod batches;
mod insert;
pub(crate) mod reservations;
mod rows;

use calendar::MonthDay;
use jiff::Timestamp;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered as _;
use crate::domain::coupons::{Code, Coupon, CouponState};
use crate::domain::rating::Orders;
pub(crate) use insert::insert;
use rows::{CouponRow, StateNumber, coupons};

/// Locks coupons until the end of the transaction, in ascending order of their ids, and reads them.
/// Two statements: the first may have waited, and what it read is older than its locks.
pub(crate) async fn lock_by_code(
    db: &mut PgConnection,
    codes: &[&str],
) -> Result<Vec<Coupon>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT coupon_id FROM coupons WHERE code = ANY ($1) ORDER BY coupon_id FOR UPDATE",
        codes as _,
    )
    .fetch_all(&mut *db)
    .await?;
    by_ids(db, &ids).await
}

/// Locks coupons by their ids, and reads them.
pub(crate) async fn lock(db: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Coupon>, StoreError> {
    sqlx::query_scalar!(
        "SELECT coupon_id FROM coupons WHERE coupon_id = ANY ($1) ORDER BY coupon_id FOR UPDATE",
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    by_ids(db, ids).await
}

/// Reads coupons by their ids.
pub(crate) async fn by_ids(
    db: impl PgExecutor<'_>,
    ids: &[Uuid],
) -> Result<Vec<Coupon>, StoreError> {
    let rows = coupons!("WHERE c.coupon_id = ANY ($1)", ids);
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(Coupon::try_from).collect()
}

/// Reads coupons by their codes.
pub(crate) async fn by_code(
    db: impl PgExecutor<'_>,
    codes: &[&str],
) -> Result<Vec<Coupon>, StoreError> {
    let rows = coupons!("WHERE c.code = ANY ($1)", codes as _);
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(Coupon::try_from).collect()
}

/// A page of a member's coupons, the latest first; only those that can be used at an instant, when
/// one is given.
pub(crate) async fn of_member(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    usable_at: Option<Timestamp>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Coupon>, StoreError> {
    let rows = coupons!(
        "WHERE c.customer_id = $1 AND ($3::uuid IS NULL OR c.coupon_id < $3)
            AND ($2::timestamptz IS NULL OR (
                c.state <= 2 AND (c.reserved_until IS NULL OR c.reserved_until <= $2)
                AND b.voided_at IS NULL AND c.valid_from <= $2
                AND (c.valid_until IS NULL OR c.valid_until > $2)))
            ORDER BY c.coupon_id DESC LIMIT $4",
        customer_id,
        usable_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        before,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(Coupon::try_from).collect()
}

/// A page of the coupons of a batch, in the order of their issue.
pub(crate) async fn of_batch(
    db: impl PgExecutor<'_>,
    batch_id: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Coupon>, StoreError> {
    let rows = coupons!(
        "WHERE c.batch_id = $1 AND ($2::uuid IS NULL OR c.coupon_id > $2)
            ORDER BY c.coupon_id LIMIT $3",
        batch_id,
        after,
        limit
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(Coupon::try_from).collect()
}

/// Writes the states of coupons that this transaction has locked.
pub(crate) async fn update(
    db: &mut PgConnection,
    states: &[(Uuid, CouponState)],
) -> Result<(), StoreError> {
    let ids: Vec<_> = states.iter().map(|(coupon_id, _)| *coupon_id).collect();
    let numbers: Vec<_> = states
        .iter()
        .map(|(_, state)| StateNumber::of(state).number())
        .collect();
    let reservations: Vec<_> = states
        .iter()
        .map(|(_, state)| rows::reservation(state))
        .collect();
    let until: Vec<_> = states
        .iter()
        .map(|(_, state)| rows::reserved_until(state))
        .collect();
    let used: Vec<_> = states
        .iter()
        .map(|(_, state)| rows::used(state).map(|(at, _)| at))
        .collect();
    let orders: Vec<_> = states
        .iter()
        .map(|(_, state)| rows::used(state).map(|(_, id)| id))
        .collect();
    let voided: Vec<_> = states
        .iter()
        .map(|(_, state)| rows::voided(state).map(|(at, _)| at))
        .collect();
    let reasons: Vec<_> = states
        .iter()
        .map(|(_, state)| rows::voided(state).map(|(_, why)| why))
        .collect();
    sqlx::query!(
        r#"
        UPDATE coupons c SET state = n.state, reservation_id = n.reservation_id,
            reserved_until = n.reserved_until, used_at = n.used_at, order_id = n.order_id,
            voided_at = n.voided_at, void_reason = n.void_reason
        FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::timestamptz[],
            $6::text[], $7::timestamptz[], $8::text[])
            AS n (coupon_id, state, reservation_id, reserved_until, used_at, order_id, voided_at,
                void_reason)
        WHERE c.coupon_id = n.coupon_id
        "#,
        &ids,
        &numbers,
        &reservations as _,
        &until as _,
        &used as _,
        &orders as _,
        &voided as _,
        &reasons as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The purchases of a member, as conditions see them.
pub(crate) async fn orders_of(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
) -> Result<Orders, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT count(*) AS "count!", max(ordered_at) AS last_at FROM sales
        WHERE customer_id = $1 AND counts
        "#,
        customer_id,
    )
    .fetch_one(db)
    .await?;
    Ok(Orders {
        count: row.count,
        last_at: row.last_at.map(jiff_sqlx::Timestamp::to_jiff),
    })
}

/// A member's birthday, and the zone in which it is kept; `None` where that is the program's.
pub(crate) async fn birthday_of(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
) -> Result<Option<(MonthDay, Option<String>)>, StoreError> {
    let row = sqlx::query!(
        "SELECT month, day, time_zone FROM member_days WHERE customer_id = $1 AND kind = 1",
        customer_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|row| {
        let (month, day) = (i8::try_from(row.month).ok()?, i8::try_from(row.day).ok()?);
        Some((MonthDay::new(month, day).ok()?, row.time_zone))
    }))
}

/// The plain text of codes.
pub(crate) fn texts(codes: &[Code]) -> Vec<&str> {
    codes.iter().map(Code::as_str).collect()
}
