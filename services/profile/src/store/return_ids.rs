//! The register of return ids: whose each return is.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
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
