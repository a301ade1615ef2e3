//! Personal data as it is kept: sealed under the key of the customer at whose id it stands, and found by
//! fingerprints.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use seal::store::{KeyError, provide_all};
use seal::{DataKey, Fingerprint, Keyring, NotSealed};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::identifier::IdentifierKey;

pub(crate) use seal::{Column, Sealed, Unreadable};

/// Why there is no key to seal with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error(transparent)]
    Key(KeyError),
    #[error(transparent)]
    NotSealed(#[from] NotSealed),
    /// A defect: keys are asked for before anything is sealed.
    #[error("the key of the customer {customer_id} was not asked for")]
    NotAsked { customer_id: Uuid },
}

/// The keys of the customers whom a transaction writes.
pub(crate) struct Keys {
    pub(super) keyring: Keyring,
    keys: HashMap<Uuid, DataKey>,
}

/// What the database could not do is told as such: it may be tried again.
impl From<KeyError> for StoreError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => Self::Database(error),
            error => Self::Seal(SealError::Key(error)),
        }
    }
}

impl Keys {
    /// Those of these customers, made where there is none yet. Refuses people who were erased.
    pub(crate) async fn of(
        connection: &mut PgConnection,
        keyring: &Keyring,
        customers: &[Uuid],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let keys = if customers.is_empty() {
            HashMap::new()
        } else {
            provide_all(connection, keyring, customers, now).await?
        };
        Ok(Self {
            keyring: keyring.clone(),
            keys,
        })
    }

    /// Seals what is to stand in a row of a customer.
    pub(super) fn seal<T: Serialize>(
        &self,
        customer_id: Uuid,
        column: Column,
        place: (Uuid, i64),
        value: &T,
    ) -> Result<Vec<u8>, SealError> {
        let key = self.keys.get(&customer_id);
        let key = key.ok_or(SealError::NotAsked { customer_id })?;
        Ok(key.seal_document(column, place, value)?)
    }
}

/// By which an identifier is found, under the index key in use first. One that belongs to a person who was
/// erased is refused by the same.
pub(crate) fn of_identifier(keyring: &Keyring, key: &IdentifierKey) -> Vec<Fingerprint> {
    let field = format!("identifier {}", key.kind);
    keyring.fingerprints(&field, &key.value).collect()
}

/// The same of a channel's own id of a person.
pub(crate) fn of_record(keyring: &Keyring, channel: &str, key: &str) -> Vec<Fingerprint> {
    keyring
        .fingerprints(&format!("record {channel}"), key)
        .collect()
}

/// By which those are found who may be the same person.
pub(super) fn of_match_key(keyring: &Keyring, key: &str) -> Vec<i64> {
    shorts(keyring, "match", key)
}

/// By which those are found whose names begin so.
pub(super) fn of_name(keyring: &Keyring, beginning: &str) -> Vec<i64> {
    shorts(keyring, "name", beginning)
}

fn shorts(keyring: &Keyring, field: &str, value: &str) -> Vec<i64> {
    let prints = keyring.fingerprints(field, value);
    prints.map(|print| print.short()).collect()
}

/// Fingerprints with the place of what each was made of.
pub(super) fn numbered<T>(
    items: &[T],
    prints: impl Fn(&T) -> Vec<Fingerprint>,
) -> HashMap<[u8; 32], usize> {
    let items = items.iter().enumerate();
    let all = items.flat_map(|(at, item)| prints(item).into_iter().map(move |it| (it.bytes, at)));
    all.collect()
}

/// Fingerprints as columns, under the index key in use.
pub(super) struct Prints {
    pub(super) bytes: Vec<Vec<u8>>,
    pub(super) keys: Vec<String>,
}

/// Of each item the fingerprint that is written.
pub(super) fn first_of_each<T>(items: &[T], prints: impl Fn(&T) -> Vec<Fingerprint>) -> Prints {
    let firsts = items
        .iter()
        .filter_map(|item| prints(item).into_iter().next());
    let (bytes, keys) = firsts.map(|it| (it.bytes.to_vec(), it.key_id)).unzip();
    Prints { bytes, keys }
}

/// Keeps others from claiming the same things until the transaction ends. While there are several index keys one
/// replica may write under one of them and another under the next, and no unique index would see that it is the
/// same. All of them know both, so they meet at the least of the fingerprints.
pub(super) async fn serialise(
    connection: &mut PgConnection,
    things: impl Iterator<Item = Vec<Fingerprint>>,
) -> Result<(), StoreError> {
    let least = things.filter_map(|prints| prints.iter().map(Fingerprint::short).min());
    let least: BTreeSet<i64> = least.collect();
    let least: Vec<i64> = least.into_iter().collect();
    sqlx::query!(
        "SELECT count(pg_advisory_xact_lock(place)::text) FROM unnest($1::bigint[]) AS place",
        &least,
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}
