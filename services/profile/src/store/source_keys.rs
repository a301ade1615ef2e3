//! The register of what channels call people: under which customer each came in.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::CustomerId;

/// The home of a channel's record, when it has one.
pub(crate) async fn home(
    connection: &mut PgConnection,
    channel: &str,
    key: &str,
) -> Result<Option<CustomerId>, StoreError> {
    let home = sqlx::query_scalar!(
        "SELECT home FROM source_keys WHERE channel = $1 AND source_key = $2",
        channel,
        key,
    )
    .fetch_optional(connection)
    .await?;
    Ok(home.map(CustomerId))
}

/// Gives a channel's record this home, unless it has one; answers whether it had none. Waits for a
/// transaction that is about to do the same.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    (channel, key): (&str, &str),
    home: CustomerId,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO source_keys (channel, source_key, home) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        channel,
        key,
        home.0,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What channels call people who came in under these homes.
pub(crate) async fn of(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT channel, source_key FROM source_keys JOIN sources USING (channel, source_key, home)
         WHERE home = ANY ($1)",
        homes,
    )
    .fetch_all(connection)
    .await?;
    let keys = rows.into_iter().map(|row| (row.channel, row.source_key));
    Ok(keys.collect())
}

/// The homes of those of a channel's records that have one.
pub(crate) async fn homes(
    connection: &mut PgConnection,
    channel: &str,
    keys: &[&str],
) -> Result<HashMap<String, CustomerId>, StoreError> {
    let rows = sqlx::query!(
        "SELECT source_key, home FROM source_keys
         WHERE channel = $1 AND source_key = ANY ($2)",
        channel,
        keys as &[&str],
    )
    .fetch_all(connection)
    .await?;
    let homes = rows.into_iter();
    Ok(homes
        .map(|row| (row.source_key, CustomerId(row.home)))
        .collect())
}

/// Gives a channel's records these homes; false when one of them has one, or is about to. `claims` must be sorted,
/// or two callers could wait for each other.
pub(crate) async fn claim_all(
    connection: &mut PgConnection,
    channel: &str,
    claims: &[(String, CustomerId)],
) -> Result<bool, StoreError> {
    let (keys, homes) = columns(claims);
    let done = sqlx::query!(
        "INSERT INTO source_keys (channel, source_key, home)
         SELECT $1, * FROM unnest($2::text[], $3::uuid[])
         ON CONFLICT DO NOTHING",
        channel,
        &keys as &[&str],
        &homes,
    )
    .execute(connection)
    .await?;
    Ok(usize::try_from(done.rows_affected()) == Ok(claims.len()))
}

/// Takes away the homes of those of a channel's records of which no source speaks any more.
pub(crate) async fn release(
    connection: &mut PgConnection,
    channel: &str,
    gone: &[(String, CustomerId)],
) -> Result<(), StoreError> {
    let (keys, homes) = columns(gone);
    sqlx::query!(
        "DELETE FROM source_keys AS known
         USING unnest($2::text[], $3::uuid[]) AS gone (source_key, home)
         WHERE known.channel = $1 AND known.source_key = gone.source_key
           AND known.home = gone.home
           AND NOT EXISTS (
               SELECT FROM sources WHERE sources.home = gone.home AND sources.channel = $1
                 AND sources.source_key = gone.source_key)",
        channel,
        &keys as &[&str],
        &homes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn columns(claims: &[(String, CustomerId)]) -> (Vec<&str>, Vec<Uuid>) {
    let columns = claims.iter().map(|(key, home)| (key.as_str(), home.0));
    columns.unzip()
}
