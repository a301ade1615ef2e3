//! What was made by keys that are in use no more.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;

/// A fingerprint, and the one that is to stand in its place.
pub(crate) struct Renewed {
    pub(crate) before: Vec<u8>,
    pub(crate) now: Vec<u8>,
}

/// The first ids after one of which something has a fingerprint by another index key than this one.
pub(crate) async fn behind(
    connection: &mut PgConnection,
    index_id: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT customer_id AS "id!" FROM (
               (SELECT customer_id FROM customers WHERE index_id <> $1 AND customer_id > $2
                ORDER BY customer_id LIMIT $3)
               UNION
               (SELECT customer_id FROM identifier_owners WHERE key_id <> $1 AND customer_id > $2
                ORDER BY customer_id LIMIT $3)
               UNION
               (SELECT customer_id FROM identifier_claims WHERE key_id <> $1 AND customer_id > $2
                ORDER BY customer_id LIMIT $3)
               UNION
               (SELECT home FROM source_keys WHERE key_id <> $1 AND home > $2 ORDER BY home LIMIT $3)
           ) AS behind
           ORDER BY 1 LIMIT $3"#,
        index_id,
        after,
        limit,
    );
    Ok(ids.fetch_all(connection).await?)
}

/// Keeps others from writing these customers until the transaction ends.
pub(crate) async fn hold(connection: &mut PgConnection, ids: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT FROM customers WHERE customer_id = ANY ($1) ORDER BY customer_id FOR NO KEY UPDATE",
        ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// Writes the fingerprints of identifiers anew.
pub(crate) async fn renew_identifiers(
    connection: &mut PgConnection,
    renewed: &[Renewed],
    index_id: &str,
) -> Result<(), StoreError> {
    let (before, now) = columns(renewed);
    sqlx::query!(
        "WITH renewed AS (
             SELECT * FROM unnest($1::bytea[], $2::bytea[]) AS renewed (before, now)
         ), claimed AS (
             UPDATE identifier_claims AS known SET fingerprint = renewed.now, key_id = $3
             FROM renewed WHERE known.fingerprint = renewed.before
         )
         UPDATE identifier_owners AS known SET fingerprint = renewed.now, key_id = $3
         FROM renewed WHERE known.fingerprint = renewed.before",
        &before as &[&[u8]],
        &now as &[&[u8]],
        index_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes the fingerprints of channels' own ids anew, in the register and beside what the channels say.
pub(crate) async fn renew_records(
    connection: &mut PgConnection,
    renewed: &[Renewed],
    index_id: &str,
    homes: &[Uuid],
) -> Result<(), StoreError> {
    let (before, now) = columns(renewed);
    sqlx::query!(
        "WITH renewed AS (
             SELECT * FROM unnest($1::bytea[], $2::bytea[]) AS renewed (before, now)
         ), said AS (
             UPDATE sources SET record = renewed.now FROM renewed
             WHERE sources.record = renewed.before AND sources.home = ANY ($4)
         )
         UPDATE source_keys AS known SET record = renewed.now, key_id = $3 FROM renewed
         WHERE known.record = renewed.before",
        &before as &[&[u8]],
        &now as &[&[u8]],
        index_id,
        homes,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes of ids that lead to others that nothing is left to be made anew: what is known stands elsewhere.
pub(crate) async fn note(
    connection: &mut PgConnection,
    ids: &[Uuid],
    index_id: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE customers SET index_id = $2
         WHERE customer_id = ANY ($1) AND profile_id <> customer_id AND index_id <> $2",
        ids,
        index_id,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn columns(renewed: &[Renewed]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    let pairs = renewed.iter();
    pairs
        .map(|it| (it.before.as_slice(), it.now.as_slice()))
        .unzip()
}
