//! Coupons of one basket.

use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::Currency;
use crate::domain::coupons::{Discount, Reservation, ReservationState};
use crate::store::StoreError;

const WHAT: &str = "state of a reservation";

fn number(state: ReservationState) -> i16 {
    match state {
        ReservationState::Open => 1,
        ReservationState::Used => 2,
        ReservationState::Released => 3,
        ReservationState::Returned => 5,
    }
}

fn named(number: i16) -> Result<ReservationState, StoreError> {
    Ok(match number {
        1 => ReservationState::Open,
        2 => ReservationState::Used,
        3 => ReservationState::Released,
        5 => ReservationState::Returned,
        _ => return Err(StoreError::Unknown { what: WHAT, number }),
    })
}

/// Writes a new reservation with what its coupons take off.
pub(crate) async fn insert(
    db: &mut PgConnection,
    reservation: &Reservation,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO coupon_reservations (customer_id, reservation_id, state, order_id, currency_code,
            expires_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
        "#,
        reservation.customer_id,
        reservation.reservation_id,
        number(reservation.state),
        reservation.order_id,
        reservation.currency.to_string(),
        reservation.expires_at.to_sqlx(),
        reservation.created_at.to_sqlx(),
    )
    .execute(&mut *db)
    .await?;
    for (position, (coupon_id, discount)) in (0_i16..).zip(&reservation.discounts) {
        insert_discount(db, reservation, position, *coupon_id, discount).await?;
    }
    Ok(())
}

/// One statement each: a basket has few coupons, and arrays of arrays have no type.
async fn insert_discount(
    db: &mut PgConnection,
    reservation: &Reservation,
    position: i16,
    coupon_id: Uuid,
    discount: &Discount,
) -> Result<(), StoreError> {
    let (lines, amounts): (Vec<_>, Vec<_>) = discount.lines.iter().cloned().unzip();
    sqlx::query!(
        r#"
        INSERT INTO coupon_discounts (customer_id, reservation_id, position, coupon_id, amount_minor,
            free_delivery, gift_product_id, line_ids, line_amounts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        reservation.customer_id,
        reservation.reservation_id,
        position,
        coupon_id,
        discount.amount_minor,
        discount.free_delivery,
        discount.gift_product_id.as_deref().unwrap_or_default(),
        &lines,
        &amounts,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what has become of a reservation.
pub(crate) async fn update(
    db: &mut PgConnection,
    reservation: &Reservation,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE coupon_reservations SET state = $3, order_id = $4, updated_at = $5
        WHERE customer_id = $1 AND reservation_id = $2
        "#,
        reservation.customer_id,
        reservation.reservation_id,
        number(reservation.state),
        reservation.order_id,
        reservation.updated_at.to_sqlx(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Locks a reservation until the end of the transaction: it is taken before its coupons. False: the
/// member has none such.
pub(crate) async fn lock(
    db: &mut PgConnection,
    customer_id: Uuid,
    reservation_id: Uuid,
) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"
        SELECT reservation_id FROM coupon_reservations
        WHERE customer_id = $1 AND reservation_id = $2
        FOR UPDATE
        "#,
        customer_id,
        reservation_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.is_some())
}

/// Locks the reservations by which these purchases used coupons.
pub(crate) async fn lock_used_for(
    db: &mut PgConnection,
    purchases: &[(Uuid, &str)],
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let customers: Vec<_> = purchases
        .iter()
        .map(|(customer_id, _)| *customer_id)
        .collect();
    let orders: Vec<_> = purchases.iter().map(|(_, order_id)| *order_id).collect();
    let rows = sqlx::query!(
        r#"
        SELECT r.customer_id, r.reservation_id FROM coupon_reservations r
        JOIN unnest($1::uuid[], $2::text[]) AS p (customer_id, order_id)
            ON r.customer_id = p.customer_id AND r.order_id = p.order_id
        WHERE r.state = 2
        ORDER BY r.customer_id, r.reservation_id
        FOR UPDATE OF r
        "#,
        &customers,
        &orders as _,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.customer_id, row.reservation_id))
        .collect())
}

/// Reads a reservation.
pub(crate) async fn find(
    db: &mut PgConnection,
    customer_id: Uuid,
    reservation_id: Uuid,
) -> Result<Option<Reservation>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT state, order_id, currency_code, expires_at, created_at, updated_at
        FROM coupon_reservations
        WHERE customer_id = $1 AND reservation_id = $2
        "#,
        customer_id,
        reservation_id,
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Reservation {
        reservation_id,
        customer_id,
        order_id: row.order_id,
        state: named(row.state)?,
        currency: Currency::parse(&row.currency_code)?,
        discounts: discounts(db, customer_id, reservation_id).await?,
        expires_at: row.expires_at.to_jiff(),
        created_at: row.created_at.to_jiff(),
        updated_at: row.updated_at.to_jiff(),
    }))
}

async fn discounts(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    reservation_id: Uuid,
) -> Result<Vec<(Uuid, Discount)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT coupon_id, amount_minor, free_delivery, gift_product_id, line_ids, line_amounts
        FROM coupon_discounts
        WHERE customer_id = $1 AND reservation_id = $2
        ORDER BY position
        "#,
        customer_id,
        reservation_id,
    )
    .fetch_all(db)
    .await?;
    let discounts = rows.into_iter().map(|row| {
        let discount = Discount {
            amount_minor: row.amount_minor,
            lines: row.line_ids.into_iter().zip(row.line_amounts).collect(),
            free_delivery: row.free_delivery,
            gift_product_id: Some(row.gift_product_id).filter(|product| !product.is_empty()),
        };
        (row.coupon_id, discount)
    });
    Ok(discounts.collect())
}
