//! What is refused because somebody was erased.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use seal::Fingerprint;
use sqlx::PgConnection;

use crate::domain::privacy::erasure::ErasureId;
use crate::store::StoreError;

/// Keeps fingerprints of a person's identifiers.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    erasure: ErasureId,
    prints: &[Fingerprint],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (keys, bytes) = columns(prints);
    sqlx::query!(
        "INSERT INTO suppressed_identifiers (fingerprint, key_id, erasure_id, suppressed_at)
         SELECT fingerprint, key_id, $3, $4 FROM unnest($1::bytea[], $2::text[])
             AS new (fingerprint, key_id)
         ORDER BY fingerprint, key_id ON CONFLICT DO NOTHING",
        &bytes as &[&[u8]],
        &keys as &[&str],
        erasure.0,
        now.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Which of these are kept.
pub(crate) async fn among(
    connection: &mut PgConnection,
    prints: &[Fingerprint],
) -> Result<HashSet<Fingerprint>, StoreError> {
    let (keys, bytes) = columns(prints);
    let rows = sqlx::query!(
        r#"SELECT fingerprint AS "fingerprint!", key_id AS "key_id!"
           FROM unnest($1::bytea[], $2::text[]) AS asked (fingerprint, key_id)
           JOIN suppressed_identifiers USING (fingerprint, key_id)"#,
        &bytes as &[&[u8]],
        &keys as &[&str],
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

/// Those of an erasure.
pub(crate) async fn of_erasure(
    connection: &mut PgConnection,
    erasure: ErasureId,
) -> Result<Vec<Fingerprint>, StoreError> {
    let rows = sqlx::query!(
        "SELECT fingerprint, key_id FROM suppressed_identifiers WHERE erasure_id = $1
         ORDER BY fingerprint",
        erasure.0,
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

/// Forgets these; answers whether any was kept.
pub(crate) async fn delete(
    connection: &mut PgConnection,
    prints: &[Fingerprint],
) -> Result<bool, StoreError> {
    let (keys, bytes) = columns(prints);
    let done = sqlx::query!(
        "DELETE FROM suppressed_identifiers USING unnest($1::bytea[], $2::text[])
             AS lifted (fingerprint, key_id)
         WHERE suppressed_identifiers.fingerprint = lifted.fingerprint
           AND suppressed_identifiers.key_id = lifted.key_id",
        &bytes as &[&[u8]],
        &keys as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn columns(prints: &[Fingerprint]) -> (Vec<&str>, Vec<&[u8]>) {
    let columns = prints.iter();
    columns
        .map(|it| (it.key_id.as_str(), it.bytes.as_slice()))
        .unzip()
}
