use chassis::{Clock, telemetry};
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::NewEvent;
use crate::shard_of;

/// Events as columns, the way in which one statement takes many rows.
pub(super) struct Columns<'a> {
    event_ids: Vec<Uuid>,
    subject_ids: Vec<Uuid>,
    customer_ids: Vec<Option<Uuid>>,
    shards: Vec<i16>,
    later: &'a [i64],
    types: Vec<&'a str>,
    schema_versions: Vec<i32>,
    payloads: Vec<&'a [u8]>,
    occurred_at: Vec<jiff_sqlx::Timestamp>,
    traceparents: Vec<String>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(events: &'a [NewEvent], later: &'a [i64], clock: &Clock) -> Self {
        let now = clock.now();
        let shard = |event: &NewEvent| shard_of(event.customer_id.unwrap_or(event.subject_id));
        Self {
            event_ids: events.iter().map(|_| clock.new_id()).collect(),
            subject_ids: events.iter().map(|event| event.subject_id).collect(),
            customer_ids: events.iter().map(|event| event.customer_id).collect(),
            shards: events.iter().map(|event| i16::from(shard(event))).collect(),
            later,
            types: events
                .iter()
                .map(|event| event.event_type.as_str())
                .collect(),
            schema_versions: events.iter().map(|event| event.schema_version).collect(),
            payloads: events
                .iter()
                .map(|event| event.payload.as_slice())
                .collect(),
            occurred_at: events
                .iter()
                .map(|event| event.occur_time.unwrap_or(now).to_sqlx())
                .collect(),
            traceparents: traceparents(events),
        }
    }
}

/// Of each event its own, else the present one.
fn traceparents(events: &[NewEvent]) -> Vec<String> {
    let present = telemetry::current_traceparent().unwrap_or_default();
    let of = |event: &NewEvent| event.traceparent.clone().unwrap_or_else(|| present.clone());
    events.iter().map(of).collect()
}

/// Raises the subjects' versions and writes the rows. The subjects are locked in ascending order;
/// each row is made, and so its ceiling read, when the lock of its subject is held.
pub(super) async fn insert(
    connection: &mut PgConnection,
    columns: &Columns<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"WITH event AS (
               SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[],
                   $5::bigint[], $6::text[], $7::integer[], $8::bytea[], $9::timestamptz[],
                   $10::text[])
               WITH ORDINALITY AS event (event_id, subject_id, customer_id, shard, later, type,
                   schema_version, payload, occurred_at, traceparent, ordinal)
           ),
           subject AS (
               INSERT INTO outbox_subjects AS known (subject_id, shard, version)
               SELECT subject_id, min(shard), count(*) FROM event
               GROUP BY subject_id ORDER BY subject_id
               ON CONFLICT (subject_id) DO UPDATE SET version = known.version + excluded.version
               RETURNING known.subject_id, known.shard, known.version
           )
           INSERT INTO outbox (event_id, subject_id, customer_id, shard, subject_version, type,
               schema_version, payload, occurred_at, traceparent)
           SELECT event.event_id, event.subject_id, event.customer_id, subject.shard,
               subject.version - event.later, event.type, event.schema_version, event.payload,
               event.occurred_at, event.traceparent
           FROM event JOIN subject USING (subject_id)
           ORDER BY event.ordinal"#,
        &columns.event_ids,
        &columns.subject_ids,
        &columns.customer_ids as &[Option<Uuid>],
        &columns.shards,
        columns.later,
        &columns.types as &[&str],
        &columns.schema_versions,
        &columns.payloads as &[&[u8]],
        &columns.occurred_at as &[jiff_sqlx::Timestamp],
        &columns.traceparents,
    )
    .execute(connection)
    .await
    .map(drop)
}
