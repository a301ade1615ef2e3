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
use crate::domain::imports::register::Registered;

/// Most of the others who name an identifier that are told.
const MOST_TOLD: i64 = 100;

/// Whose an identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owned {
    /// Under which id it is known.
    pub(crate) by: CustomerId,
    /// Another person names it, too, as far as that was asked for.
    pub(crate) is_contested: bool,
}

/// The owners of those that have one.
pub(crate) async fn owners(
    connection: &mut PgConnection,
    keyring: &Keyring,
    keys: &[IdentifierKey],
) -> Result<HashMap<IdentifierKey, CustomerId>, StoreError> {
    let owned = owned(connection, keyring, keys, |_| false)
        .await?
        .into_iter();
    Ok(owned.map(|(key, owned)| (key, owned.by)).collect())
}

/// Of those that have an owner whose each is; of those among them that `contested` picks, whether another person names
/// them, too.
pub(crate) async fn owned(
    connection: &mut PgConnection,
    keyring: &Keyring,
    keys: &[IdentifierKey],
    contested: impl Fn(&IdentifierKey) -> bool,
) -> Result<HashMap<IdentifierKey, Owned>, StoreError> {
    let places = numbered(keys, |key| of_identifier(keyring, key));
    let prints: Vec<&[u8]> = places.keys().map(<[u8; 32]>::as_slice).collect();
    let asked = places
        .iter()
        .filter(|(_, at)| keys.get(**at).is_some_and(&contested));
    let asked: Vec<&[u8]> = asked.map(|(print, _)| print.as_slice()).collect();
    let rows = sqlx::query!(
        r#"SELECT fingerprint, customer_id, fingerprint = ANY ($2) AND EXISTS (
               SELECT FROM identifier_claims AS claim
               JOIN customers AS home ON home.customer_id = claim.customer_id
               WHERE claim.fingerprint = owned.fingerprint
                 AND home.profile_id <> (SELECT profile_id FROM customers AS owner
                                         WHERE owner.customer_id = owned.customer_id)
           ) AS "is_contested!"
           FROM identifier_owners AS owned WHERE fingerprint = ANY ($1)"#,
        &prints as &[&[u8]],
        &asked as &[&[u8]],
    )
    .fetch_all(connection)
    .await?;
    let owned = rows.into_iter().filter_map(|row| {
        let place = places.get(row.fingerprint.as_slice())?;
        let owned = Owned {
            by: CustomerId(row.customer_id),
            is_contested: row.is_contested,
        };
        Some((keys.get(*place)?.clone(), owned))
    });
    Ok(owned.collect())
}

/// Of those that have an owner all who name them, but for very many.
pub(crate) async fn registered(
    connection: &mut PgConnection,
    keyring: &Keyring,
    keys: &[IdentifierKey],
) -> Result<HashMap<IdentifierKey, Registered>, StoreError> {
    let places = numbered(keys, |key| of_identifier(keyring, key));
    let prints: Vec<&[u8]> = places.keys().map(<[u8; 32]>::as_slice).collect();
    let rows = sqlx::query!(
        r#"SELECT fingerprint, customer_id, ARRAY(
               SELECT claim.customer_id FROM identifier_claims AS claim
               WHERE claim.fingerprint = owned.fingerprint ORDER BY claim.customer_id LIMIT $2
           ) AS "others!"
           FROM identifier_owners AS owned WHERE fingerprint = ANY ($1)"#,
        &prints as &[&[u8]],
        MOST_TOLD,
    )
    .fetch_all(connection)
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        let place = places.get(row.fingerprint.as_slice())?;
        let registered = Registered {
            owner: CustomerId(row.customer_id),
            is_crowded: i64::try_from(row.others.len()) == Ok(MOST_TOLD),
            others: row.others.into_iter().map(CustomerId).collect(),
        };
        Some((keys.get(*place)?.clone(), registered))
    });
    Ok(known.collect())
}

/// The fingerprints of what these customers name and nobody else does, but for what people share.
pub(crate) async fn of(
    connection: &mut PgConnection,
    customers: &[Uuid],
) -> Result<Vec<Fingerprint>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT key_id AS "key_id!", fingerprint AS "fingerprint!" FROM (
               SELECT * FROM identifier_owners
               WHERE customer_id = ANY ($1) AND NOT is_shared
               UNION ALL
               SELECT * FROM identifier_claims
               WHERE customer_id = ANY ($1) AND NOT is_shared
           ) AS theirs
           WHERE NOT EXISTS (SELECT FROM identifier_owners AS other
                             WHERE other.fingerprint = theirs.fingerprint
                               AND other.customer_id <> ALL ($1))
             AND NOT EXISTS (SELECT FROM identifier_claims AS other
                             WHERE other.fingerprint = theirs.fingerprint
                               AND other.customer_id <> ALL ($1))"#,
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

/// Those that somebody other than these customers names.
pub(crate) async fn of_others(
    connection: &mut PgConnection,
    keyring: &Keyring,
    keys: &[IdentifierKey],
    customers: &[Uuid],
) -> Result<HashSet<IdentifierKey>, StoreError> {
    let places = numbered(keys, |key| of_identifier(keyring, key));
    let prints: Vec<&[u8]> = places.keys().map(<[u8; 32]>::as_slice).collect();
    let rows = sqlx::query_scalar!(
        r#"SELECT fingerprint AS "fingerprint!" FROM identifier_owners
           WHERE fingerprint = ANY ($1) AND customer_id <> ALL ($2)
           UNION
           SELECT fingerprint FROM identifier_claims
           WHERE fingerprint = ANY ($1) AND customer_id <> ALL ($2)"#,
        &prints as &[&[u8]],
        customers,
    )
    .fetch_all(connection)
    .await?;
    let others = rows
        .iter()
        .filter_map(|it| keys.get(*places.get(it.as_slice())?));
    Ok(others.cloned().collect())
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
    let shared: Vec<bool> = free.iter().map(|(key, _)| is_shared(key)).collect();
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

/// Notes that these customers name what others have: under the owner's fingerprint, with which it is renewed when index
/// keys change.
pub(crate) async fn note(
    connection: &mut PgConnection,
    keyring: &Keyring,
    claims: &[(IdentifierKey, CustomerId)],
) -> Result<(), StoreError> {
    let (prints, customers) = prints_of(keyring, claims);
    sqlx::query!(
        "INSERT INTO identifier_claims (fingerprint, key_id, is_shared, customer_id)
         SELECT fingerprint, key_id, is_shared, claim.customer_id
         FROM unnest($1::bytea[], $2::uuid[]) AS claim (fingerprint, customer_id)
         JOIN identifier_owners AS own USING (fingerprint)
         WHERE own.customer_id <> claim.customer_id
         ON CONFLICT DO NOTHING",
        &prints,
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn is_shared(key: &IdentifierKey) -> bool {
    kind_of(key) == Kind::Shared
}

/// Lets these customers name these no more. What one of them had is the oldest other home's then that names it.
pub(crate) async fn release(
    connection: &mut PgConnection,
    keyring: &Keyring,
    claims: &[(IdentifierKey, CustomerId)],
) -> Result<(), StoreError> {
    let (prints, customers) = prints_of(keyring, claims);
    // What is noted goes first, so that nobody inherits from the owner what is given up with it.
    sqlx::query!(
        "DELETE FROM identifier_claims AS known
         USING unnest($1::bytea[], $2::uuid[]) AS released (fingerprint, customer_id)
         WHERE known.fingerprint = released.fingerprint
           AND known.customer_id = released.customer_id",
        &prints,
        &customers,
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "DELETE FROM identifier_owners AS known
         USING unnest($1::bytea[], $2::uuid[]) AS released (fingerprint, customer_id)
         WHERE known.fingerprint = released.fingerprint
           AND known.customer_id = released.customer_id",
        &prints,
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// All fingerprints of each identifier, each with the customer beside it.
fn prints_of(
    keyring: &Keyring,
    claims: &[(IdentifierKey, CustomerId)],
) -> (Vec<Vec<u8>>, Vec<Uuid>) {
    let each = claims.iter().flat_map(|(key, customer)| {
        let prints = of_identifier(keyring, key).into_iter();
        prints.map(|print| (print.bytes.to_vec(), customer.0))
    });
    each.unzip()
}
