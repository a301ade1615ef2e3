//! The register of identifiers: whom each belongs to. What they are is not in it, only fingerprints.

use std::collections::{HashMap, HashSet};

use seal::{Fingerprint, Keyring};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::sealed::{first_of_each, numbered, of_identifier, serialise};
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::kinds::{Kind, kind_of};
use crate::domain::ids::CustomerId;

/// The owners of those that have one.
pub(crate) async fn owners(
    connection: &mut PgConnection,
    keyring: &Keyring,
    keys: &[IdentifierKey],
) -> Result<HashMap<IdentifierKey, CustomerId>, StoreError> {
    let places = numbered(keys, |key| of_identifier(keyring, key));
    let prints: Vec<&[u8]> = places.keys().map(<[u8; 32]>::as_slice).collect();
    let rows = sqlx::query!(
        "SELECT fingerprint, customer_id FROM identifier_owners WHERE fingerprint = ANY ($1)",
        &prints as &[&[u8]],
    )
    .fetch_all(connection)
    .await?;
    let owned = rows.into_iter().filter_map(|row| {
        let place = places.get(row.fingerprint.as_slice())?;
        Some((keys.get(*place)?.clone(), CustomerId(row.customer_id)))
    });
    Ok(owned.collect())
}

/// The fingerprints of what belongs to these customers, but for what people share.
pub(crate) async fn of(
    connection: &mut PgConnection,
    customers: &[Uuid],
) -> Result<Vec<Fingerprint>, StoreError> {
    let rows = sqlx::query!(
        "SELECT key_id, fingerprint FROM identifier_owners
         WHERE customer_id = ANY ($1) AND NOT is_shared",
        customers,
    )
    .fetch_all(connection)
    .await?;
    let prints = rows.into_iter().filter_map(|row| {
        let bytes = row.fingerprint.try_into().ok()?;
        let key_id = row.key_id;
        Some(Fingerprint { key_id, bytes })
    });
    Ok(prints.collect())
}

/// Gives those that nobody has to these customers; answers which ones. Waits for a transaction that
/// is about to take one of them. `claims` must be sorted, or two callers could wait for each other.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    keyring: &Keyring,
    claims: &[(IdentifierKey, CustomerId)],
) -> Result<HashSet<IdentifierKey>, StoreError> {
    let mut free: Vec<_> = claims.iter().collect();
    if keyring.index_ids().nth(1).is_some() {
        let keys: Vec<_> = claims.iter().map(|(key, _)| key.clone()).collect();
        let prints = keys.iter().map(|key| of_identifier(keyring, key));
        serialise(connection, prints).await?;
        let owned = owners(connection, keyring, &keys).await?;
        free.retain(|(key, _)| !owned.contains_key(key));
    }
    let prints = first_of_each(&free, |(key, _)| of_identifier(keyring, key));
    let shared = free.iter().map(|(key, _)| kind_of(key) == Kind::Shared);
    let shared: Vec<bool> = shared.collect();
    let customers: Vec<Uuid> = free.iter().map(|(_, customer)| customer.0).collect();
    let taken = sqlx::query_scalar!(
        "INSERT INTO identifier_owners (fingerprint, key_id, is_shared, customer_id)
         SELECT * FROM unnest($1::bytea[], $2::text[], $3::boolean[], $4::uuid[])
         ON CONFLICT DO NOTHING
         RETURNING fingerprint",
        &prints.bytes as &[Vec<u8>],
        &prints.keys as &[String],
        &shared,
        &customers,
    )
    .fetch_all(connection)
    .await?;
    let taken: HashSet<Vec<u8>> = taken.into_iter().collect();
    let claimed = free.iter().zip(&prints.bytes);
    let claimed = claimed.filter(|(_, print)| taken.contains(*print));
    Ok(claimed.map(|((key, _), _)| key.clone()).collect())
}

/// Makes nobody's which of these are these customers'. One that another id has stays its: it goes with
/// that id when the two are parted.
pub(crate) async fn release(
    connection: &mut PgConnection,
    keyring: &Keyring,
    claims: &[(IdentifierKey, CustomerId)],
) -> Result<(), StoreError> {
    let mut prints = Vec::with_capacity(claims.len());
    let mut customers = Vec::with_capacity(claims.len());
    for (key, customer) in claims {
        for print in of_identifier(keyring, key) {
            prints.push(print.bytes.to_vec());
            customers.push(customer.0);
        }
    }
    sqlx::query!(
        "DELETE FROM identifier_owners
         USING unnest($1::bytea[], $2::uuid[]) AS released (fingerprint, customer_id)
         WHERE identifier_owners.fingerprint = released.fingerprint
           AND identifier_owners.customer_id = released.customer_id",
        &prints,
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}
