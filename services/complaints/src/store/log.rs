use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoreError, named};
use crate::domain::{CaseId, Change, CustomerId, Entry, Message, MessageKind, State};

struct Row {
    sequence: i64,
    entry_id: Uuid,
    occurred_at: jiff_sqlx::Timestamp,
    actor: String,
    state: String,
    change: String,
    content: String,
}

/// Adds an entry to the log of a case.
pub(crate) async fn append(
    connection: &mut PgConnection,
    customer: CustomerId,
    case: CaseId,
    entry: &Entry,
) -> Result<(), StoreError> {
    let (change, content) = columns(&entry.change);
    sqlx::query!(
        "INSERT INTO case_log (customer_id, case_id, sequence, entry_id, occurred_at, actor, state,
                               change, content)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        customer.0,
        case.0,
        entry.sequence,
        entry.id,
        entry.at.to_sqlx() as jiff_sqlx::Timestamp,
        entry.actor,
        entry.state.name(),
        change,
        content,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Up to `limit` entries after the one of this sequence number, the oldest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    case: CaseId,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT sequence, entry_id, occurred_at, actor, log.state, change, content
         FROM case_log AS log JOIN cases USING (customer_id, case_id)
         WHERE cases.case_id = $1 AND sequence > $2
         ORDER BY sequence
         LIMIT $3",
        case.0,
        after,
        limit,
    );
    rows.fetch_all(connection)
        .await?
        .into_iter()
        .map(Entry::try_from)
        .collect()
}

const OPENED: &str = "opened";
const RESOLVED: &str = "resolved";
const CLOSED: &str = "closed";
const REOPENED: &str = "reopened";

fn columns(change: &Change) -> (&'static str, &str) {
    match change {
        Change::Opened { origin } => (OPENED, origin),
        Change::Message(message) => (message.kind.name(), &message.body),
        Change::Resolved { resolution } => (RESOLVED, resolution),
        Change::Closed => (CLOSED, ""),
        Change::Reopened { reason } => (REOPENED, reason),
    }
}

fn change(name: String, content: String) -> Result<Change, StoreError> {
    Ok(match name.as_str() {
        OPENED => Change::Opened { origin: content },
        RESOLVED => Change::Resolved {
            resolution: content,
        },
        CLOSED => Change::Closed,
        REOPENED => Change::Reopened { reason: content },
        _ => {
            let kind = named("case_log.change", name, MessageKind::from_name)?;
            Change::Message(Message {
                kind,
                body: content,
            })
        }
    })
}

impl TryFrom<Row> for Entry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.entry_id,
            sequence: row.sequence,
            at: row.occurred_at.to_jiff(),
            actor: row.actor,
            state: named("case_log.state", row.state, State::from_name)?,
            change: change(row.change, row.content)?,
        })
    }
}
