//! The register of order ids: whose each order is.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::book::OrderIdClaim;
use crate::domain::ids::{CustomerId, OrderId};

/// Name of the constraint that two transactions break which record the same new id.
pub(crate) const UNIQUE: &str = "order_ids_pkey";

/// Whose an order is; `None` while only returns have named it.
pub(crate) type Owner = Option<CustomerId>;

/// Locks those that are known, in ascending order, and reads whose they are.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<BTreeMap<OrderId, Owner>, StoreError> {
    let rows = sqlx::query!(
        "SELECT order_id, customer_id FROM order_ids WHERE order_id = ANY($1)
         ORDER BY order_id FOR UPDATE",
        ids,
    )
    .fetch_all(connection)
    .await?;
    let owned = rows
        .into_iter()
        .map(|row| (OrderId(row.order_id), row.customer_id.map(CustomerId)));
    Ok(owned.collect())
}

/// Registers what a batch has named. Fails on [`UNIQUE`] when another transaction has registered
/// one of them since [`lock`] did not find it.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    claims: &[OrderIdClaim],
) -> Result<(), StoreError> {
    let (expected, new): (Vec<_>, Vec<_>) = claims.iter().partition(|claim| claim.expected);
    if !new.is_empty() {
        let (ids, customers) = columns(&new);
        sqlx::query!(
            "INSERT INTO order_ids (order_id, customer_id)
             SELECT * FROM unnest($1::text[], $2::uuid[])",
            &ids as &[&str],
            &customers as &[Option<Uuid>],
        )
        .execute(&mut *connection)
        .await?;
    }
    if !expected.is_empty() {
        let (ids, customers) = columns(&expected);
        sqlx::query!(
            "UPDATE order_ids SET customer_id = arrived.customer_id
             FROM unnest($1::text[], $2::uuid[]) AS arrived (order_id, customer_id)
             WHERE order_ids.order_id = arrived.order_id",
            &ids as &[&str],
            &customers as &[Option<Uuid>],
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

fn columns<'a>(claims: &[&'a OrderIdClaim]) -> (Vec<&'a str>, Vec<Option<Uuid>>) {
    let column = |claim: &&'a OrderIdClaim| {
        (
            claim.id.0.as_str(),
            claim.customer.map(|customer| customer.0),
        )
    };
    claims.iter().map(column).unzip()
}
