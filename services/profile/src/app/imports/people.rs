//! Whom the rows of a batch speak of: looked up, locked, read, in that order.

use std::collections::{BTreeSet, HashMap};

use seal::Keyring;
use sqlx::PgConnection;
use uuid::Uuid;

use super::error::BatchError;
use crate::app::identity::ingest::Statement;
use crate::domain::customer::Customer;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::Source;
use crate::domain::ids::CustomerId;
use crate::domain::imports::crowd::Crowd;
use crate::domain::imports::register::Registered;
use crate::store::{StoreError, customers, identifiers, source_keys, sources};

type Known = (
    HashMap<IdentifierKey, Registered>,
    HashMap<String, CustomerId>,
);

/// What statements name.
struct Named<'a> {
    channel: &'a str,
    identifiers: BTreeSet<IdentifierKey>,
    keys: Vec<&'a str>,
    customers: Vec<CustomerId>,
}

/// Everybody whom the statements may mean, locked. A customer who is named and does not exist is not in the crowd.
pub(super) async fn crowd<'a>(
    db: &mut PgConnection,
    keyring: &Keyring,
    channel: &'a str,
    statements: impl Iterator<Item = &'a Statement> + Clone,
) -> Result<Crowd, BatchError> {
    let identifiers = statements.clone().flat_map(|it| &it.details.identifiers);
    let identifiers: BTreeSet<_> = identifiers.map(|it| it.key.clone()).collect();
    let mut named = Named {
        channel,
        identifiers,
        keys: statements.clone().map(|it| it.key.as_str()).collect(),
        customers: statements.filter_map(|it| it.customer).collect(),
    };
    let mut registered = look_up(db, keyring, &named).await?;
    let wanted = meant(&registered, &named);
    let mut crowd = Crowd::default();
    if !wanted.is_empty() {
        let locked = lock(db, keyring, &wanted).await?;
        load(db, keyring, &mut crowd, locked).await?;
        let asked = named.identifiers.clone();
        // What rows say may also make people give something up.
        named.identifiers.extend(crowd.identifiers());
        // Who had what may have changed while the locks were waited for.
        registered = look_up(db, keyring, &named).await?;
        let (owners, keys) = &registered;
        let owners = owners.iter().filter(|(key, _)| asked.contains(key));
        let mut meant = owners.map(|(_, it)| &it.owner).chain(keys.values());
        if !meant.all(|id| crowd.knows(*id)) {
            return Err(BatchError::Race);
        }
    }
    let (owners, keys) = registered;
    crowd.register(owners, keys);
    Ok(crowd)
}

async fn look_up(
    db: &mut PgConnection,
    keyring: &Keyring,
    named: &Named<'_>,
) -> Result<Known, StoreError> {
    let owners = if named.identifiers.is_empty() {
        HashMap::new()
    } else {
        let identifiers: Vec<_> = named.identifiers.iter().cloned().collect();
        identifiers::registered(db, keyring, &identifiers).await?
    };
    let keys = source_keys::homes(db, keyring, named.channel, &named.keys).await?;
    Ok((owners, keys))
}

fn meant(registered: &Known, named: &Named<'_>) -> Vec<Uuid> {
    let (owners, keys) = registered;
    let owners = owners.values().map(|it| &it.owner);
    let all = owners.chain(keys.values()).chain(&named.customers);
    let all: BTreeSet<_> = all.map(|id| id.0).collect();
    all.into_iter().collect()
}

/// Locks those whom these ids lead to. Ids that are nobody's are passed over.
pub(super) async fn lock(
    db: &mut PgConnection,
    keyring: &Keyring,
    ids: &[Uuid],
) -> Result<Vec<Customer>, StoreError> {
    customers::lock(db, keyring, ids).await
}

/// Reads what was said of those who are locked.
pub(super) async fn load(
    db: &mut PgConnection,
    keyring: &Keyring,
    crowd: &mut Crowd,
    locked: Vec<Customer>,
) -> Result<(), StoreError> {
    let homes: Vec<_> = locked.iter().flat_map(|it| it.homes().ids()).collect();
    let mut said: HashMap<CustomerId, Vec<Source>> = HashMap::with_capacity(homes.len());
    for source in sources::all(db, keyring, &homes).await? {
        said.entry(source.home).or_default().push(source);
    }
    for customer in locked {
        let homes = customer.homes().ids().into_iter().map(CustomerId);
        let sources = homes.filter_map(|home| said.remove(&home)).flatten();
        let sources = sources.collect();
        // What is said joins and parts nobody, so the links are not looked at.
        let absorbed = customer.absorbed.clone();
        let profile = Profile::of(customer.id, absorbed, sources, Vec::new());
        crowd.load(customer, profile);
    }
    Ok(())
}
