//! Reading the outbox below the commit horizon.

use contract::patron::events::v1::Event;
use contract::time;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use postgres::{Database, DatabaseError};
use uuid::Uuid;

use super::FeedConfig;
use crate::Position;

/// Before every partition.
const FIRST_DAY: Date = Date::constant(1, 1, 1);

/// What to read.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) after: Position,
    /// No event after `after` was written before that day; `None`: not known.
    pub(super) since: Option<Date>,
}

/// What was read in one statement, which sees the rows and the horizon at one moment.
#[derive(Debug)]
pub(super) struct Page {
    /// In the order of the feed.
    pub(super) rows: Vec<Row>,
    /// Transactions below it have all ended.
    pub(super) horizon: u64,
    /// There is more below the horizon.
    pub(super) is_full: bool,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) position: Position,
    /// The events before this one, in its subject, were written by transactions below it.
    pub(super) ceiling: u64,
    pub(super) shard: u8,
    /// Absent for a shard that was not asked for.
    pub(super) event: Option<Event>,
}

/// Why the outbox can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("the outbox can't be read")]
    Database(#[from] DatabaseError),
    #[error("column `{column}` of the outbox holds what does not belong there")]
    Corrupt { column: &'static str },
}

/// A row of the page beside the horizon; the horizon alone when the page is empty.
struct Record {
    horizon: String,
    found: Option<i64>,
    transaction_id: Option<String>,
    position: Option<i64>,
    ceiling: Option<String>,
    shard: Option<i16>,
    event_id: Option<Uuid>,
    subject_id: Option<Uuid>,
    subject_version: Option<i64>,
    customer_id: Option<Uuid>,
    event_type: Option<String>,
    schema_version: Option<i32>,
    traceparent: Option<String>,
    occurred_at: Option<jiff_sqlx::Timestamp>,
    payload: Option<Vec<u8>>,
}

/// Reads the next page. `xid8` travels as text: the driver has no type for it.
pub(super) async fn read(
    db: &Database,
    source: &'static str,
    query: &Query,
    shards: &[i16],
    config: &FeedConfig,
) -> Result<Page, ReadError> {
    let (transaction_id, position) = query.after.to_columns();
    let records = sqlx::query_as!(
        Record,
        r#"SELECT horizon::text AS "horizon!", found, transaction_id::text AS transaction_id,
               position, ceiling::text AS ceiling, shard, event_id, subject_id, subject_version,
               customer_id, type AS event_type, schema_version, traceparent, occurred_at, payload
           FROM outbox_page($1::bigint::text::xid8, $2, $3, $4, $5, $6)"#,
        transaction_id,
        position,
        query.since.unwrap_or(FIRST_DAY).to_sqlx() as jiff_sqlx::Date,
        shards,
        i64::from(config.page_events),
        i64::from(config.page_bytes),
    )
    .fetch_all(db.pool())
    .await
    .map_err(DatabaseError::from)?;
    page(records, source, i64::from(config.page_events))
}

fn page(records: Vec<Record>, source: &'static str, limit: i64) -> Result<Page, ReadError> {
    let first = records
        .first()
        .ok_or(ReadError::Corrupt { column: "horizon" })?;
    let horizon = unsigned(Some(&first.horizon), "horizon")?;
    let found = first.found.unwrap_or_default();
    let rows: Vec<Row> = if found == 0 {
        Vec::new()
    } else {
        records
            .into_iter()
            .map(|record| record.row(source))
            .collect::<Result<_, _>>()?
    };
    let was_cut = i64::try_from(rows.len()).is_ok_and(|kept| kept < found);
    Ok(Page {
        rows,
        horizon,
        is_full: found == limit || was_cut,
    })
}

impl Record {
    fn row(self, source: &'static str) -> Result<Row, ReadError> {
        let position = Position {
            transaction_id: unsigned(self.transaction_id.as_deref(), "transaction_id")?,
            sequence: self.position.unwrap_or_default().cast_unsigned(),
        };
        let ceiling = unsigned(self.ceiling.as_deref(), "ceiling")?;
        let shard = u8::try_from(self.shard.unwrap_or_default())
            .map_err(|_| ReadError::Corrupt { column: "shard" })?;
        let event = self.payload.map(|payload| Event {
            event_id: text(self.event_id),
            source: source.to_owned(),
            r#type: self.event_type.unwrap_or_default(),
            subject_id: text(self.subject_id),
            subject_version: self.subject_version.unwrap_or_default().cast_unsigned(),
            customer_id: text(self.customer_id),
            shard: u32::from(shard),
            occur_time: self.occurred_at.map(|at| time::timestamp(at.to_jiff())),
            traceparent: self.traceparent.unwrap_or_default(),
            schema_version: self.schema_version.unwrap_or_default().cast_unsigned(),
            data: payload.into(),
            position: Some(position.into()),
        });
        Ok(Row {
            position,
            ceiling,
            shard,
            event,
        })
    }
}

/// Reads an `xid8`.
fn unsigned(digits: Option<&str>, column: &'static str) -> Result<u64, ReadError> {
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or(ReadError::Corrupt { column })
}

fn text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
