//! The register of identifiers: whom each belongs to.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;

/// The owners of those that have one.
pub(crate) async fn owners(
    connection: &mut PgConnection,
    keys: &[IdentifierKey],
) -> Result<HashMap<IdentifierKey, CustomerId>, StoreError> {
    let (kinds, values) = columns(keys);
    let rows = sqlx::query!(
        "SELECT kind, value, customer_id
         FROM unnest($1::text[], $2::text[]) AS wanted (kind, value)
         JOIN identifier_owners USING (kind, value)",
        &kinds as &[&str],
        &values as &[&str],
    )
    .fetch_all(connection)
    .await?;
    let owned = rows.into_iter().filter_map(|row| {
        let key = IdentifierKey {
            kind: row.kind?,
            value: row.value?,
        };
        Some((key, CustomerId(row.customer_id)))
    });
    Ok(owned.collect())
}

/// All that belong to these customers.
pub(crate) async fn of(
    connection: &mut PgConnection,
    customers: &[Uuid],
) -> Result<Vec<IdentifierKey>, StoreError> {
    let keys = sqlx::query_as!(
        IdentifierKey,
        "SELECT kind, value FROM identifier_owners WHERE customer_id = ANY ($1)",
        customers,
    )
    .fetch_all(connection)
    .await?;
    Ok(keys)
}

/// Gives those that nobody has to these customers; answers which ones. Waits for a transaction that
/// is about to take one of them. `claims` must be sorted, or two callers could wait for each other.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    claims: &[(IdentifierKey, CustomerId)],
) -> Result<HashSet<IdentifierKey>, StoreError> {
    let (kinds, values, customers) = claimed_columns(claims);
    let rows = sqlx::query!(
        "INSERT INTO identifier_owners (kind, value, customer_id)
         SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[])
         ON CONFLICT DO NOTHING
         RETURNING kind, value",
        &kinds as &[&str],
        &values as &[&str],
        &customers,
    )
    .fetch_all(connection)
    .await?;
    let claimed = rows.into_iter().map(|row| IdentifierKey {
        kind: row.kind,
        value: row.value,
    });
    Ok(claimed.collect())
}

/// Makes nobody's which of these are these customers'. One that another id has stays its: it goes with
/// that id when the two are parted.
pub(crate) async fn release(
    connection: &mut PgConnection,
    claims: &[(IdentifierKey, CustomerId)],
) -> Result<(), StoreError> {
    let (kinds, values, customers) = claimed_columns(claims);
    sqlx::query!(
        "DELETE FROM identifier_owners
         USING unnest($1::text[], $2::text[], $3::uuid[]) AS released (kind, value, customer_id)
         WHERE identifier_owners.kind = released.kind
           AND identifier_owners.value = released.value
           AND identifier_owners.customer_id = released.customer_id",
        &kinds as &[&str],
        &values as &[&str],
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn columns(keys: &[IdentifierKey]) -> (Vec<&str>, Vec<&str>) {
    keys.iter()
        .map(|key| (key.kind.as_str(), key.value.as_str()))
        .unzip()
}

fn claimed_columns(claims: &[(IdentifierKey, CustomerId)]) -> (Vec<&str>, Vec<&str>, Vec<Uuid>) {
    let kinds = claims.iter().map(|(key, _)| key.kind.as_str()).collect();
    let values = claims.iter().map(|(key, _)| key.value.as_str()).collect();
    let customers = claims.iter().map(|(_, customer)| customer.0).collect();
    (kinds, values, customers)
}
