//! The consumer's tables, within the transaction of the effect.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use prost::Message as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::Incoming;
use crate::Position;

/// Locks the cursors of these shards, in ascending order, and counts those whose lease is still the
/// holder's. The locks keep everybody else out of these shards until the transaction ends: another
/// replica, a replay, a rewind.
pub(super) async fn fence(
    connection: &mut PgConnection,
    source: &str,
    holder: &str,
    shards: &[i16],
) -> Result<usize, sqlx::Error> {
    let held = sqlx::query!(
        "SELECT shard FROM consumer_cursors
         WHERE source = $1 AND lease_holder = $2 AND shard = ANY ($3)
         ORDER BY shard FOR UPDATE",
        source,
        holder,
        shards,
    );
    Ok(held.fetch_all(connection).await?.len())
}

/// The last versions that were dealt with, of those subjects that had any.
pub(super) async fn versions(
    connection: &mut PgConnection,
    source: &str,
    subjects: &[Uuid],
) -> Result<HashMap<Uuid, u64>, sqlx::Error> {
    let known = sqlx::query!(
        "SELECT subject_id, version FROM consumer_subjects
         WHERE source = $1 AND subject_id = ANY ($2)",
        source,
        subjects,
    );
    let known = known.fetch_all(connection).await?;
    Ok(known
        .into_iter()
        .map(|row| (row.subject_id, row.version.cast_unsigned()))
        .collect())
}

/// Writes down the versions that are dealt with now; of each subject the last.
pub(super) async fn set_versions(
    connection: &mut PgConnection,
    source: &str,
    events: &[Arc<Incoming>],
) -> Result<(), sqlx::Error> {
    // Ascending, so that nobody waits for each other.
    let last = events
        .iter()
        .map(|event| (event.subject_id(), event.subject_version()));
    let last: BTreeMap<Uuid, u64> = last.collect();
    let (subjects, versions): (Vec<Uuid>, Vec<i64>) = last
        .into_iter()
        .map(|(subject, version)| (subject, version.cast_signed()))
        .unzip();
    sqlx::query!(
        "INSERT INTO consumer_subjects (subject_id, source, version)
         SELECT subject_id, $1, version FROM unnest($2::uuid[], $3::bigint[]) AS t (subject_id, version)
         ON CONFLICT (subject_id, source) DO UPDATE SET version = excluded.version",
        source,
        &subjects,
        &versions,
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Which of these keys are parked, and the id of the event that each waits for.
pub(super) async fn parked(
    connection: &mut PgConnection,
    source: &str,
    keys: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, sqlx::Error> {
    let parked = sqlx::query!(
        "SELECT DISTINCT ON (parking_key) parking_key, event_id FROM dead_letters
         WHERE source = $1 AND parking_key = ANY ($2) AND given_up_at IS NULL
         ORDER BY parking_key, sequence",
        source,
        keys,
    );
    let parked = parked.fetch_all(connection).await?;
    Ok(parked
        .into_iter()
        .map(|row| (row.parking_key, row.event_id))
        .collect())
}

/// Why an event is parked.
pub(super) struct Letter<'a> {
    pub(super) event: &'a Incoming,
    pub(super) failed: bool,
    pub(super) reason: String,
    pub(super) attempts: u32,
}

/// Parks one event, behind those of its key that are parked already.
pub(super) async fn park(
    connection: &mut PgConnection,
    source: &str,
    letter: &Letter<'_>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let Letter {
        event,
        failed,
        reason,
        attempts,
    } = letter;
    sqlx::query!(
        "INSERT INTO dead_letters
             (parking_key, source, shard, event_id, event, failed, reason, attempts, parked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        event.parking_key(),
        source,
        i16::from(event.shard()),
        event.event_id(),
        event.wire().encode_to_vec(),
        failed,
        reason,
        attempts.cast_signed(),
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .execute(connection)
    .await
    .map(drop)
}

/// How many events of a feed are parked.
pub(super) async fn count_parked(
    executor: impl PgExecutor<'_>,
    source: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM dead_letters
           WHERE source = $1 AND given_up_at IS NULL"#,
        source,
    )
    .fetch_one(executor)
    .await
}

/// Moves cursors and counts those that were the holder's. `applied_at` is left as it was when the
/// cursors move over nothing.
pub(super) async fn move_cursors(
    executor: impl PgExecutor<'_>,
    source: &str,
    holder: &str,
    cursors: &BTreeMap<u8, Position>,
    applied_at: Option<Timestamp>,
) -> Result<usize, sqlx::Error> {
    let shards: Vec<i16> = cursors.keys().map(|&shard| i16::from(shard)).collect();
    let (transactions, positions): (Vec<i64>, Vec<i64>) =
        cursors.values().map(|cursor| cursor.to_columns()).unzip();
    let moved = sqlx::query!(
        "UPDATE consumer_cursors AS cursor
         SET transaction_id = moved.transaction_id, position = moved.position,
             updated_at = coalesce($6, updated_at)
         FROM unnest($3::smallint[], $4::bigint[], $5::bigint[])
             AS moved (shard, transaction_id, position)
         WHERE cursor.source = $1 AND cursor.lease_holder = $2 AND cursor.shard = moved.shard",
        source,
        holder,
        &shards,
        &transactions,
        &positions,
        applied_at.map(jiff_sqlx::ToSqlx::to_sqlx) as Option<jiff_sqlx::Timestamp>,
    );
    let moved = moved.execute(executor).await?.rows_affected();
    Ok(usize::try_from(moved).unwrap_or(usize::MAX))
}
