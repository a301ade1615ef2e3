use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::coupons::Coupon;
use crate::store::StoreError;

/// Writes new coupons, all of one batch or of none and of one template. Tells which were written: a
/// code that there is already makes no second coupon.
pub(crate) async fn insert(
    db: &mut PgConnection,
    coupons: &[Coupon],
) -> Result<Vec<Uuid>, StoreError> {
    let Some(first) = coupons.first() else {
        return Ok(Vec::new());
    };
    let ids: Vec<_> = coupons.iter().map(|coupon| coupon.coupon_id).collect();
    let codes: Vec<_> = coupons.iter().map(|coupon| coupon.code.as_str()).collect();
    let customers: Vec<_> = coupons.iter().map(|coupon| coupon.customer_id).collect();
    let written = sqlx::query_scalar!(
        r#"
        INSERT INTO coupons (coupon_id, code, customer_id, batch_id, program_id, program_version,
            template_id, valid_from, valid_until, issued_at)
        SELECT n.coupon_id, n.code, n.customer_id, $4, $5, $6, $7, $8, $9, $10
        FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS n (coupon_id, code, customer_id)
        ON CONFLICT (code) DO NOTHING
        RETURNING coupon_id
        "#,
        &ids,
        &codes as _,
        &customers as _,
        first.batch_id,
        first.program_id,
        first.program_version,
        first.template_id,
        first.validity.from.to_sqlx(),
        first.validity.until.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        first.issued_at.to_sqlx(),
    )
    .fetch_all(db)
    .await?;
    Ok(written)
}
