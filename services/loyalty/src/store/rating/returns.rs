//! Returns, also those whose purchase is not known yet.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::documents::{ReturnLineDocument, read, write_all};
use crate::domain::Currency;
use crate::domain::sales::Return;
use crate::store::StoreError;

/// Which of these returns were counted before. Their members must be locked.
pub(crate) async fn known(
    db: &mut PgConnection,
    returns: impl Iterator<Item = (Uuid, &str)>,
) -> Result<HashSet<(Uuid, String)>, StoreError> {
    let (customers, ids): (Vec<Uuid>, Vec<&str>) = returns.unzip();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = sqlx::query!(
        r#"
        SELECT r.customer_id, r.return_id
        FROM unnest($1::uuid[], $2::text[]) AS asked(customer_id, return_id)
        JOIN returns r USING (customer_id, return_id)
        "#,
        &customers,
        &ids as _,
    )
    .fetch_all(db)
    .await?;
    let known = rows.into_iter().map(|row| (row.customer_id, row.return_id));
    Ok(known.collect())
}

/// Returns of orders that were not known when they came, in the order of their instants.
pub(crate) async fn waiting(
    db: &mut PgConnection,
    orders: impl Iterator<Item = (Uuid, &str)>,
) -> Result<Vec<Return>, StoreError> {
    let (customers, ids): (Vec<Uuid>, Vec<&str>) = orders.unzip();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"
        SELECT r.customer_id, r.return_id, r.order_id, r.returned_at, r.currency_code, r.lines
        FROM unnest($1::uuid[], $2::text[]) AS asked(customer_id, order_id)
        JOIN returns r USING (customer_id, order_id)
        ORDER BY r.returned_at, r.return_id
        "#,
        &customers,
        &ids as _,
    )
    .fetch_all(db)
    .await?;
    let returns = rows.into_iter().map(|row| {
        let lines: Vec<ReturnLineDocument> = read(row.lines)?;
        Ok(Return {
            customer_id: row.customer_id,
            return_id: row.return_id,
            order_id: row.order_id,
            returned_at: row.returned_at.to_jiff(),
            currency: Currency::parse(&row.currency_code)?,
            lines: lines.into_iter().map(Into::into).collect(),
        })
    });
    returns.collect()
}

/// Writes returns that were not counted before.
pub(crate) async fn insert(
    db: &mut PgConnection,
    returns: &[&Return],
    now: Timestamp,
) -> Result<(), StoreError> {
    if returns.is_empty() {
        return Ok(());
    }
    let text = |of: fn(&Return) -> &str| returns.iter().map(|back| of(back)).collect::<Vec<_>>();
    let customers: Vec<Uuid> = returns.iter().map(|back| back.customer_id).collect();
    let times = returns.iter().map(|back| back.returned_at.to_sqlx());
    let currencies = returns.iter().map(|back| back.currency.to_string());
    let lines = returns
        .iter()
        .map(|back| write_all::<_, ReturnLineDocument>(&back.lines));
    sqlx::query!(
        r#"
        INSERT INTO returns (customer_id, return_id, order_id, returned_at, currency_code, lines,
            recorded_at)
        SELECT *, $7::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[],
            $4::timestamptz[], $5::text[], $6::jsonb[])
        "#,
        &customers,
        &text(|back| &back.return_id) as _,
        &text(|back| &back.order_id) as _,
        &times.collect::<Vec<_>>() as _,
        &currencies.collect::<Vec<_>>(),
        &lines.collect::<Result<Vec<Value>, _>>()?,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
