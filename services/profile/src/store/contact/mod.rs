//! Consent and contact.

pub(crate) mod contacts;
pub(crate) mod policies;
pub(crate) mod statements;

use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoreError, customers};
use crate::domain::customer::Customer;
use crate::domain::ids::CustomerId;

/// A customer to be contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The ids that are one person, ascending: consents and contacts of all of them count.
    pub(crate) ids: Vec<CustomerId>,
    /// The IANA time zone; empty when it is not known.
    pub(crate) time_zone: String,
}

impl Person {
    fn of(customer: &Customer) -> Self {
        Self {
            ids: customer.homes().ids().into_iter().map(CustomerId).collect(),
            time_zone: customer.details.time_zone.clone(),
        }
    }
}

/// Reads whom an id leads to; `None` when there is no such customer.
pub(crate) async fn person(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Person>, StoreError> {
    let customer = customers::get(connection, id).await?;
    Ok(customer.as_ref().map(Person::of))
}

/// The same, and keeps others from deciding on this person, joining or parting it until the
/// transaction ends.
pub(crate) async fn lock_person(
    connection: &mut PgConnection,
    id: CustomerId,
) -> Result<Option<Person>, StoreError> {
    let locked = customers::lock_all(connection, &[id]).await?;
    Ok(locked.and_then(|locked| locked.first().map(Person::of)))
}

fn uuids(ids: &[CustomerId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.0).collect()
}

#[cfg(test)]
mod tests;
