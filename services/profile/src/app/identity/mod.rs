//! Who is who: what is said about people, and which customers are one.
//!
//! Every change locks the rows of those whom the ids lead to, in ascending order, reads what was said
//! about them and what joins them ([`Person`]), lets the domain decide and writes the golden record that
//! follows. Whoever records activity locks rows of figures instead; who joins or parts locks those too,
//! after the others.

pub(crate) mod ingest;
pub(crate) mod matches;
mod meet;
pub(crate) mod merge;
pub(crate) mod rules;
pub(crate) mod tell;
pub(crate) mod unmerge;

#[cfg(test)]
mod history_tests;

use chassis::Refusal;
use seal::Keyring;
use sqlx::PgConnection;

use crate::domain::customer::Customer;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::trust::Trust;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::{StoreError, customers, links, sources};

/// A customer who is locked, and all that is known about who it is.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) customer: Customer,
    pub(crate) profile: Profile,
}

impl Person {
    /// Locks and reads whom an id leads to.
    pub(super) async fn lock(
        db: &mut PgConnection,
        keyring: &Keyring,
        id: CustomerId,
    ) -> Result<Self, Refusal> {
        let locked = lock(db, keyring, &[id]).await?;
        let customer = locked.into_iter().find(|it| it.homes().has(id));
        let customer = customer.ok_or_else(refusals::customer_not_found)?;
        Ok(Self::load(db, keyring, customer).await?)
    }

    /// Reads what belongs to a customer who is locked.
    async fn load(
        db: &mut PgConnection,
        keyring: &Keyring,
        customer: Customer,
    ) -> Result<Self, StoreError> {
        let homes = customer.homes().ids();
        let sources = sources::all(db, keyring, &homes).await?;
        let links = links::holding(db, keyring, &homes).await?;
        let profile = Profile::of(customer.id, customer.absorbed.clone(), sources, links);
        Ok(Self { customer, profile })
    }
}

/// Locks those whom these ids lead to.
async fn lock(
    db: &mut PgConnection,
    keyring: &Keyring,
    ids: &[CustomerId],
) -> Result<Vec<Customer>, Refusal> {
    let locked = customers::lock_all(db, keyring, ids).await?;
    locked.ok_or_else(refusals::customer_not_found)
}

/// Whose word counts for more.
pub(super) fn trust() -> Trust {
    Trust::default()
}
