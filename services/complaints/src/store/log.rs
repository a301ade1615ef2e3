use jiff_sqlx::ToSqlx as _;
use seal::{DataKey, Kept, Keyring};
use sqlx::PgConnection;
use uuid::Uuid;

use super::sealed::{ENTRY, SaidInEntry};
use super::{StoreError, named};
use crate::domain::{CaseId, Change, CustomerId, Entry, Message, MessageKind, State};

/// An entry with the key of its customer. What was written before it was sealed stands in `content`.
struct Row {
    customer_id: Uuid,
    sequence: i64,
    entry_id: Uuid,
    occurred_at: jiff_sqlx::Timestamp,
    actor: String,
    state: String,
    change: String,
    content: String,
    said: Option<Vec<u8>>,
    master_id: Option<String>,
    wrapped: Option<Vec<u8>>,
    is_erased: Option<bool>,
}

/// Adds an entry to the log of a case.
pub(crate) async fn append(
    connection: &mut PgConnection,
    key: Option<&DataKey>,
    (customer, case): (CustomerId, CaseId),
    entry: &Entry,
) -> Result<(), StoreError> {
    let (change, origin) = columns(&entry.change);
    let words = Some(entry.change.words()).filter(|words| !words.is_empty());
    let said = key.zip(words).map(|(key, words)| sealed(key, entry, words));
    sqlx::query!(
        "INSERT INTO case_log (customer_id, case_id, sequence, entry_id, occurred_at, actor, state,
                               change, content, said)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        customer.0,
        case.0,
        entry.sequence,
        entry.id,
        entry.at.to_sqlx() as jiff_sqlx::Timestamp,
        entry.actor,
        entry.state.name(),
        change,
        origin,
        said.transpose()?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Up to `limit` entries after the one of this sequence number, the oldest first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    case: CaseId,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT log.customer_id, sequence, entry_id, occurred_at, actor, log.state, change, content,
                  log.said, k.master_id AS "master_id?", k.wrapped AS "wrapped?",
                  k.erased_at IS NOT NULL AS "is_erased?"
           FROM case_log AS log JOIN cases USING (customer_id, case_id)
           LEFT JOIN subject_keys AS k ON k.customer_id = log.customer_id
           WHERE cases.case_id = $1 AND sequence > $2
           ORDER BY sequence
           LIMIT $3"#,
        case.0,
        after,
        limit,
    );
    rows.fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| row.read(keyring))
        .collect()
}

const OPENED: &str = "opened";
const RESOLVED: &str = "resolved";
const CLOSED: &str = "closed";
const REOPENED: &str = "reopened";

/// What stands in clear: the kind of change, and the id of what opened a case.
fn columns(change: &Change) -> (&'static str, &str) {
    match change {
        Change::Opened { origin } => (OPENED, origin),
        Change::Message(message) => (message.kind.name(), ""),
        Change::Resolved { .. } => (RESOLVED, ""),
        Change::Closed => (CLOSED, ""),
        Change::Reopened { .. } => (REOPENED, ""),
    }
}

/// What is said in an entry, sealed for it.
pub(super) fn sealed(key: &DataKey, entry: &Entry, words: &str) -> Result<Vec<u8>, StoreError> {
    let said = SaidInEntry {
        content: words.to_owned(),
    };
    Ok(key.seal_document(ENTRY, (entry.id, entry.sequence), &said)?)
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

impl Row {
    fn read(mut self, keyring: &Keyring) -> Result<Entry, StoreError> {
        let key = (self.master_id.take(), self.wrapped.take());
        let kept = Kept::new(self.said.take(), key, self.is_erased);
        let place = (self.entry_id, self.sequence);
        let said: Option<SaidInEntry> = kept.open(keyring, ENTRY, self.customer_id, place)?;
        let content = said.map_or(self.content, |said| said.content);
        Ok(Entry {
            id: self.entry_id,
            sequence: self.sequence,
            at: self.occurred_at.to_jiff(),
            actor: self.actor,
            state: named("case_log.state", self.state, State::from_name)?,
            change: change(self.change, content)?,
        })
    }
}
