//! Consent and contact.

pub(crate) mod contacts;
pub(crate) mod policies;
pub(crate) mod statements;

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::CustomerId;

/// A customer to be contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The ids that are one person, ascending: consents and contacts of all of them count.
    pub(crate) ids: Vec<CustomerId>,
    /// The IANA time zone; empty when it is not known.
    pub(crate) time_zone: String,
}

/// Reads who an id is; `None` when there is no such customer.
pub(crate) async fn person(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query_scalar!(
        "SELECT time_zone FROM customers WHERE customer_id = $1",
        id.0
    );
    let time_zone = row.fetch_optional(connection).await?;
    Ok(time_zone.map(|time_zone| Person {
        ids: vec![id],
        time_zone,
    }))
}

/// The same, and keeps others from deciding on this person until the transaction ends. Where several
/// ids are one person, all of their rows are locked, in ascending order.
pub(crate) async fn lock_person(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query_scalar!(
        "SELECT time_zone FROM customers WHERE customer_id = $1 FOR NO KEY UPDATE",
        id.0
    );
    let time_zone = row.fetch_optional(connection).await?;
    Ok(time_zone.map(|time_zone| Person {
        ids: vec![id],
        time_zone,
    }))
}

fn uuids(ids: &[CustomerId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

#[cfg(test)]
mod tests;
