//! Reading customers by id and by identifier: what most calls ask for, so many are read at once.

use std::collections::HashMap;

use chassis::Refusal;
use coalesce::{Coalescer, Limits};
use postgres::Database;
use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::customer::Customer;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::kinds::is_shareable;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::identifiers::Owned;
use crate::store::{StoreError, customers, identifiers};

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    by_id: Coalescer<CustomerId, Customer, Refusal>,
    by_identifier: Coalescer<IdentifierKey, Known, Refusal>,
}

impl Readers {
    /// Begins to read. Called within a Tokio runtime.
    pub(crate) fn start(db: &Database, keyring: &Keyring) -> Self {
        let ids = (db.clone(), keyring.clone());
        let keys = ids.clone();
        Self {
            by_id: Coalescer::start(Limits::default(), move |asked| {
                bounded(ids.0.clone(), by_id(ids.clone(), asked))
            }),
            by_identifier: Coalescer::start(Limits::default(), move |asked| {
                bounded(keys.0.clone(), by_identifier(keys.clone(), asked))
            }),
        }
    }

    /// The one whom an id leads to.
    pub(crate) async fn customer(&self, id: CustomerId) -> Result<Customer, Refusal> {
        let found = self.by_id.get(id).await.map_err(refusals::unread)?;
        found.ok_or_else(refusals::customer_not_found)
    }

    /// The one whom an identifier belongs to.
    pub(crate) async fn known_as(&self, key: IdentifierKey) -> Result<Customer, Refusal> {
        let found = self.by_identifier.get(key.clone()).await;
        let found = match found.map_err(refusals::unread)? {
            Some(Known::Customer(found)) => Some(*found),
            Some(Known::Several) => return Err(refusals::identifier_shared(&key.kind)),
            None => None,
        };
        // What an operator has withdrawn for the person as a whole identifies nobody as long as that holds.
        let is_theirs = |it: &Customer| it.details.identifiers.iter().any(|it| it.key == key);
        found
            .filter(is_theirs)
            .ok_or_else(refusals::customer_not_found)
    }
}

/// Whose an identifier is.
#[derive(Clone, Debug)]
enum Known {
    Customer(Box<Customer>),
    /// It is of a kind that people share, and several do.
    Several,
}

/// Whoever waits has a deadline, but the reader has none, and all others wait for it.
async fn bounded<T>(
    db: Database,
    read: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    db.bounded(read).await.map_err(refusals::database)?
}

async fn by_id(
    (db, keyring): (Database, Keyring),
    asked: Vec<CustomerId>,
) -> Result<HashMap<CustomerId, Customer>, Refusal> {
    let mut connection = db.acquire().await.map_err(refusals::database)?;
    let people = People::read(&mut connection, &keyring, &asked).await?;
    let lead = |id: CustomerId| Some((id, people.with(id)?));
    Ok(asked.into_iter().filter_map(lead).collect())
}

async fn by_identifier(
    (db, keyring): (Database, Keyring),
    asked: Vec<IdentifierKey>,
) -> Result<HashMap<IdentifierKey, Known>, Refusal> {
    let mut connection = db.acquire().await.map_err(refusals::database)?;
    let owned = identifiers::owned(&mut connection, &keyring, &asked, is_shareable).await?;
    let ids: Vec<CustomerId> = owned.values().map(|it| it.by).collect();
    let people = People::read(&mut connection, &keyring, &ids).await?;
    let lead = |(key, owned): (IdentifierKey, Owned)| {
        if owned.is_contested {
            return Some((key, Known::Several));
        }
        Some((key, Known::Customer(Box::new(people.with(owned.by)?))))
    };
    Ok(owned.into_iter().filter_map(lead).collect())
}

/// Customers, each to be found by all ids that lead to it.
struct People(HashMap<CustomerId, Customer>);

impl People {
    async fn read(
        connection: &mut PgConnection,
        keyring: &Keyring,
        ids: &[CustomerId],
    ) -> Result<Self, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        let found = customers::many(connection, keyring, &ids).await?;
        Ok(Self(found.into_iter().map(|it| (it.id, it)).collect()))
    }

    fn with(&self, id: CustomerId) -> Option<Customer> {
        let merged = || self.0.values().find(|it| it.absorbed.contains(&id));
        self.0.get(&id).or_else(merged).cloned()
    }
}
