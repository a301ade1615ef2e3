//! The register of return ids: whose each return is.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoreError, texts};
use crate::domain::returns::RecordedReturn;

/// Name of the constraint that two transactions break which record the same new id.
pub(crate) const UNIQUE: &str = "return_ids_pkey";

/// Registers new returns. Fails on [`UNIQUE`] when another transaction was first with one of them.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    returns: &[RecordedReturn],
) -> Result<(), StoreError> {
    let ids: Vec<&str> = returns
        .iter()
        .map(|new| new.content.id.0.as_str())
        .collect();
    let customers: Vec<Uuid> = returns.iter().map(|new| new.customer.0).collect();
    sqlx::query!(
        "INSERT INTO return_ids (return_id, customer_id)
         SELECT * FROM unnest($1::text[], $2::uuid[])",
        &ids as &[&str],
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes where returns are kept that have moved to the home of their order.
pub(crate) async fn follow(
    connection: &mut PgConnection,
    returns: &[RecordedReturn],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = returns.iter().map(|settled| settled.customer.0).collect();
    sqlx::query!(
        "UPDATE return_ids SET customer_id = moved.customer_id
         FROM unnest($1::text[], $2::uuid[]) AS moved (return_id, customer_id)
         WHERE return_ids.return_id = moved.return_id
           AND return_ids.customer_id <> moved.customer_id",
        &texts(returns, |settled| &settled.content.id.0) as &[&str],
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}
