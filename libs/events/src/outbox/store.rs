use chassis::{Clock, telemetry};
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::NewEvent;
use crate::shard_of;

/// Events as columns, the way in which one statement takes many rows.
pub(super) struct Columns<'a> {
    subjects: Subjects,
    event_ids: Vec<Uuid>,
    subject_ids: Vec<Uuid>,
    customer_ids: Vec<Option<Uuid>>,
    later: &'a [i64],
    types: Vec<&'a str>,
    schema_versions: Vec<i32>,
    payloads: Vec<&'a [u8]>,
    occurred_at: Vec<jiff_sqlx::Timestamp>,
    traceparents: Vec<String>,
}

/// The subjects of events, each once, in ascending order.
#[derive(Default)]
struct Subjects {
    ids: Vec<Uuid>,
    shards: Vec<i16>,
    /// How many events each has.
    counts: Vec<i64>,
    /// Where among them, counted from 1, the subject of each event stands.
    places: Vec<i32>,
}

impl Subjects {
    fn of(events: &[NewEvent]) -> Self {
        let mut places: Vec<usize> = (0..events.len()).collect();
        places.sort_by_key(|place| events.get(*place).map(|event| event.subject_id));
        let mut subjects = Self {
            places: vec![0; events.len()],
            ..Self::default()
        };
        for place in places {
            if let Some(event) = events.get(place) {
                subjects.add(place, event);
            }
        }
        subjects
    }

    fn add(&mut self, place: usize, event: &NewEvent) {
        let shard = i16::from(shard_of(event.customer_id.unwrap_or(event.subject_id)));
        if self.ids.last() == Some(&event.subject_id) {
            self.shards
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|lowest| *lowest = shard.min(*lowest));
            self.counts
                .iter_mut()
                .last()
                .into_iter()
                .for_each(|count| *count += 1);
        } else {
            self.ids.push(event.subject_id);
            self.shards.push(shard);
            self.counts.push(1);
        }
        if let Some(found) = self.places.get_mut(place) {
            *found = i32::try_from(self.ids.len()).unwrap_or(i32::MAX);
        }
    }
}

impl<'a> Columns<'a> {
    pub(super) fn of(events: &'a [NewEvent], later: &'a [i64], clock: &Clock) -> Self {
        let now = clock.now();
        Self {
            subjects: Subjects::of(events),
            event_ids: events.iter().map(|_| clock.new_id()).collect(),
            subject_ids: events.iter().map(|event| event.subject_id).collect(),
            customer_ids: events.iter().map(|event| event.customer_id).collect(),
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

/// Raises the subjects' versions and writes the rows. The subjects are locked in ascending order; the
/// ceiling is read when all of them are.
///
/// The versions come back as one array, in which each event knows its place: a join of the two would
/// compare each event with each subject, since the planner expects few rows of an array.
pub(super) async fn insert(
    connection: &mut PgConnection,
    columns: &Columns<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"WITH subject AS (
               INSERT INTO outbox_subjects AS known (subject_id, shard, version)
               SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::bigint[])
               ON CONFLICT (subject_id) DO UPDATE SET version = known.version + excluded.version
               RETURNING known.subject_id, known.shard, known.version
           ),
           locked AS MATERIALIZED (
               SELECT array_agg(shard ORDER BY subject_id) AS shards,
                   array_agg(version ORDER BY subject_id) AS versions
               FROM subject
           ),
           reading AS MATERIALIZED (
               SELECT shards, versions, outbox_ceiling() AS ceiling,
                   (clock_timestamp() AT TIME ZONE 'UTC')::date AS today
               FROM locked
           )
           INSERT INTO outbox (ceiling, written_on, event_id, subject_id, customer_id, shard,
               subject_version, type, schema_version, payload, occurred_at, traceparent)
           SELECT ceiling, today, event_id, subject_id, customer_id, shards[place],
               versions[place] - later, type, schema_version, payload, occurred_at, traceparent
           FROM reading
           CROSS JOIN unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::integer[], $8::bigint[],
               $9::text[], $10::integer[], $11::bytea[], $12::timestamptz[], $13::text[])
               AS event (event_id, subject_id, customer_id, place, later, type, schema_version,
                   payload, occurred_at, traceparent)"#,
        &columns.subjects.ids,
        &columns.subjects.shards,
        &columns.subjects.counts,
        &columns.event_ids,
        &columns.subject_ids,
        &columns.customer_ids as &[Option<Uuid>],
        &columns.subjects.places,
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
