//! Consent and contact.

pub(crate) mod contacts;
pub(crate) mod statements;

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::CustomerId;

/// How often a lock is taken of whom an id leads elsewhere from meanwhile.
const ATTEMPTS: u32 = 5;

/// A customer to be contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The ids that are one person, ascending: consents and contacts of all of them count.
    pub(crate) ids: Vec<CustomerId>,
    /// The IANA time zone; empty when it is not known.
    pub(crate) time_zone: String,
}

/// What is read of a customer's row; nothing of it is sealed.
struct PersonRow {
    customer_id: Uuid,
    profile_id: Uuid,
    absorbed: Vec<Uuid>,
    time_zone: String,
}

impl PersonRow {
    fn into_person(mut self) -> Person {
        self.absorbed.push(self.customer_id);
        self.absorbed.sort_unstable();
        Person {
            ids: self.absorbed.into_iter().map(CustomerId).collect(),
            time_zone: self.time_zone,
        }
    }
}

/// Reads whom an id leads to; `None` when there is no such customer.
pub(crate) async fn person(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query_as!(
        PersonRow,
        "SELECT customer_id, profile_id, absorbed, time_zone FROM customers
         WHERE customer_id = (SELECT profile_id FROM customers WHERE customer_id = $1)",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(PersonRow::into_person))
}

/// The same, and keeps others from deciding on this person, joining or parting it until the
/// transaction ends.
pub(crate) async fn lock_person(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Person>, StoreError> {
    for _ in 0..ATTEMPTS {
        let row = sqlx::query_as!(
            PersonRow,
            "SELECT customer_id, profile_id, absorbed, time_zone FROM customers
             WHERE customer_id = (SELECT profile_id FROM customers WHERE customer_id = $1)
             FOR NO KEY UPDATE",
            id.0,
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let leads_on = row.profile_id != row.customer_id;
        let person = row.into_person();
        // The id may lead elsewhere by the time the lock is had.
        if !leads_on && person.ids.contains(&id) {
            return Ok(Some(person));
        }
    }
    Err(StoreError::Regrouped)
}

fn uuids(ids: &[CustomerId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

#[cfg(test)]
mod tests;
