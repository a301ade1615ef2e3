//! The register of what channels call people: under which customer each came in. The names themselves are not in it,
//! only fingerprints.

use std::collections::HashMap;

use seal::{Fingerprint, Keyring};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::sealed::{first_of_each, numbered, of_record, serialise};
use crate::domain::ids::CustomerId;

/// The home of a channel's record, when it has one.
pub(crate) async fn home(
    connection: &mut PgConnection,
    keyring: &Keyring,
    channel: &str,
    key: &str,
) -> Result<Option<CustomerId>, StoreError> {
    let homes = homes(connection, keyring, channel, &[key]).await?;
    Ok(homes.get(key).copied())
}

/// The homes of those of a channel's records that have one.
pub(crate) async fn homes(
    connection: &mut PgConnection,
    keyring: &Keyring,
    channel: &str,
    keys: &[&str],
) -> Result<HashMap<String, CustomerId>, StoreError> {
    let places = numbered(keys, |key| of_record(keyring, channel, key));
    let prints: Vec<&[u8]> = places.keys().map(<[u8; 32]>::as_slice).collect();
    let rows = sqlx::query!(
        "SELECT record, home FROM source_keys WHERE record = ANY ($1)",
        &prints as &[&[u8]],
    )
    .fetch_all(connection)
    .await?;
    let homes = rows.into_iter().filter_map(|row| {
        let place = places.get(row.record.as_slice())?;
        Some(((*keys.get(*place)?).to_owned(), CustomerId(row.home)))
    });
    Ok(homes.collect())
}

/// The fingerprints of what channels call people who came in under these homes.
pub(crate) async fn of(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<Fingerprint>, StoreError> {
    let rows = sqlx::query!(
        "SELECT key_id, record FROM source_keys JOIN sources USING (record, home)
         WHERE home = ANY ($1)",
        homes,
    )
    .fetch_all(connection)
    .await?;
    let prints = rows.into_iter().filter_map(|row| {
        let bytes = row.record.try_into().ok()?;
        let key_id = row.key_id;
        Some(Fingerprint { key_id, bytes })
    });
    Ok(prints.collect())
}

/// Gives a channel's records these homes; false when one of them has one, or is about to: waits for a transaction
/// that does the same. `claims` must be sorted, or two callers could wait for each other.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    keyring: &Keyring,
    channel: &str,
    claims: &[(String, CustomerId)],
) -> Result<bool, StoreError> {
    if keyring.index_ids().nth(1).is_some() {
        let prints = claims
            .iter()
            .map(|(key, _)| of_record(keyring, channel, key));
        serialise(connection, prints).await?;
        let keys: Vec<&str> = claims.iter().map(|(key, _)| key.as_str()).collect();
        if !homes(connection, keyring, channel, &keys).await?.is_empty() {
            return Ok(false);
        }
    }
    let prints = first_of_each(claims, |(key, _)| of_record(keyring, channel, key));
    let homes: Vec<Uuid> = claims.iter().map(|(_, home)| home.0).collect();
    let done = sqlx::query!(
        "INSERT INTO source_keys (channel, record, key_id, home)
         SELECT $1, * FROM unnest($2::bytea[], $3::text[], $4::uuid[])
         ON CONFLICT DO NOTHING",
        channel,
        &prints.bytes,
        &prints.keys as &[String],
        &homes,
    )
    .execute(connection)
    .await?;
    Ok(usize::try_from(done.rows_affected()) == Ok(claims.len()))
}

/// Takes away the homes of those records, named by their fingerprints, of which no source speaks any more.
pub(crate) async fn release(
    connection: &mut PgConnection,
    gone: &[(Vec<u8>, CustomerId)],
) -> Result<(), StoreError> {
    let (records, homes): (Vec<&[u8]>, Vec<Uuid>) = gone
        .iter()
        .map(|(record, home)| (record.as_slice(), home.0))
        .unzip();
    sqlx::query!(
        "DELETE FROM source_keys AS known
         USING unnest($1::bytea[], $2::uuid[]) AS gone (record, home)
         WHERE known.record = gone.record AND known.home = gone.home
           AND NOT EXISTS (
               SELECT FROM sources WHERE sources.home = gone.home AND sources.channel = known.channel
                 AND sources.record = gone.record)",
        &records as &[&[u8]],
        &homes,
    )
    .execute(connection)
    .await?;
    Ok(())
}
