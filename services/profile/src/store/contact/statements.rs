//! What customers said about being contacted.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use super::uuids;
use crate::domain::contact::consent::{Fingerprint, Kind, Said, Statement};
use crate::domain::contact::topic::{Channel, Purpose, StatementId, Topic};
use crate::domain::ids::CustomerId;
use crate::store::remarks::{EVIDENCE, Remarks};
use crate::store::{CorruptRow, Keys, StoreError};

/// A statement with what is told of it and not needed to decide.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) statement: Statement,
    pub(crate) evidence: String,
    pub(crate) recorded_by: String,
    pub(crate) record_time: Timestamp,
}

/// What follows for the topics of joined people: the newest statements, from which their states
/// follow as if from all. This is the one place where consents are read to decide.
pub(crate) async fn newest(
    connection: &mut PgConnection,
    ids: &[CustomerId],
    topic: Option<&Topic>,
) -> Result<Said, StoreError> {
    let purpose = topic.map(|topic| topic.purpose.0.as_str());
    let channel = topic.map(|topic| topic.channel.0.as_str());
    // Whom it speaks for and who proved it decide which statements compete; among these only the
    // newest counts, and a request is no decision.
    let rows = sqlx::query_as!(
        StatementRow,
        r#"SELECT DISTINCT ON (customer_id, purpose, channel, covers, proved_by, kind = 'requested')
               customer_id, statement_id, covers, purpose, channel, kind, confirm_by AS "confirm_by: _",
               request, notice, source, proved_by, decide_time AS "decide_time: _",
               expire_time AS "expire_time: _"
           FROM consent_statements
           WHERE customer_id = ANY($1) AND purpose = coalesce($2, purpose)
               AND channel = coalesce($3, channel)
           ORDER BY customer_id, purpose, channel, covers, proved_by, kind = 'requested',
               decide_time DESC, kind = 'withdrawn' DESC, statement_id DESC"#,
        &uuids(ids),
        purpose,
        channel,
    )
    .fetch_all(connection)
    .await?;
    said(ids, rows)
}

/// All that matters to the confirmation of a request: itself, its confirmation, and the newest
/// withdrawal of the same topic under any of the ids.
pub(crate) async fn about_request(
    connection: &mut PgConnection,
    ids: &[CustomerId],
    home: CustomerId,
    request: StatementId,
) -> Result<Said, StoreError> {
    let rows = sqlx::query_as!(
        StatementRow,
        r#"SELECT customer_id, statement_id, covers, purpose, channel, kind, confirm_by AS "confirm_by: _",
               request, notice, source, proved_by, decide_time AS "decide_time: _",
               expire_time AS "expire_time: _"
           FROM consent_statements
           WHERE customer_id = $1 AND (statement_id = $2 OR request = $2)
              OR (customer_id, statement_id) = (
               SELECT other.customer_id, other.statement_id FROM consent_statements other
               JOIN consent_statements asked USING (purpose, channel)
               WHERE asked.customer_id = $1 AND asked.statement_id = $2
                 AND other.customer_id = ANY ($3) AND other.kind = 'withdrawn'
               ORDER BY other.decide_time DESC, other.statement_id DESC LIMIT 1)"#,
        home.0,
        request.0,
        &uuids(ids),
    )
    .fetch_all(connection)
    .await?;
    said(ids, rows)
}

/// What these people said before `before`, the latest recorded first.
pub(crate) async fn list(
    connection: &mut PgConnection,
    keyring: &Keyring,
    ids: &[CustomerId],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let rows = sqlx::query_as!(
        RecordedRow,
        r#"SELECT customer_id, statement_id, covers, purpose, channel, kind, confirm_by AS "confirm_by: _",
               request, notice, source, evidence, sealed_evidence, proved_by, recorded_by,
               decide_time AS "decide_time: _", record_time AS "record_time: _",
               expire_time AS "expire_time: _", k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM consent_statements
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY($1) AND statement_id < $2
           ORDER BY statement_id DESC LIMIT $3"#,
        &uuids(ids),
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let recorded = rows.into_iter().map(|row| row.into_recorded(keyring));
    recorded.collect()
}

/// Records one.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    keys: &Keys,
    recorded: &Recorded,
) -> Result<(), StoreError> {
    let Recorded {
        statement,
        evidence,
        recorded_by,
        record_time,
    } = recorded;
    let (kind, confirm_by, request) = kind_columns(statement.kind);
    let evidence = keys.remark(statement.home.0, EVIDENCE, statement.id.0, evidence)?;
    sqlx::query!(
        "INSERT INTO consent_statements
             (customer_id, statement_id, covers, purpose, channel, kind, confirm_by, request, notice,
              source, evidence, sealed_evidence, proved_by, recorded_by, decide_time, record_time,
              expire_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12, $13, $14, $15, $16)",
        statement.home.0,
        statement.id.0,
        &uuids(&statement.covers),
        statement.topic.purpose.0,
        statement.topic.channel.0,
        kind,
        confirm_by.map(ToSqlx::to_sqlx) as _,
        request,
        statement.notice,
        statement.source,
        evidence,
        statement.proved_by.as_ref().map(<[u8; 32]>::as_slice),
        recorded_by,
        statement.decided.to_sqlx(),
        record_time.to_sqlx(),
        statement.until.map(ToSqlx::to_sqlx) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn kind_columns(kind: Kind) -> (&'static str, Option<Timestamp>, Option<Uuid>) {
    match kind {
        Kind::Granted => ("granted", None, None),
        Kind::Requested { confirm_by } => ("requested", Some(confirm_by), None),
        Kind::Confirmed { request } => ("confirmed", None, Some(request.0)),
        Kind::Withdrawn => ("withdrawn", None, None),
    }
}

fn said(ids: &[CustomerId], rows: Vec<StatementRow>) -> Result<Said, StoreError> {
    let statements = rows.into_iter().map(StatementRow::into_statement);
    Ok(Said {
        ids: ids.to_vec(),
        statements: statements.collect::<Result<_, _>>()?,
    })
}

struct StatementRow {
    customer_id: Uuid,
    statement_id: Uuid,
    covers: Vec<Uuid>,
    purpose: String,
    channel: String,
    kind: String,
    confirm_by: Option<jiff_sqlx::Timestamp>,
    request: Option<Uuid>,
    notice: String,
    source: String,
    proved_by: Option<Vec<u8>>,
    decide_time: jiff_sqlx::Timestamp,
    expire_time: Option<jiff_sqlx::Timestamp>,
}

struct RecordedRow {
    customer_id: Uuid,
    statement_id: Uuid,
    covers: Vec<Uuid>,
    purpose: String,
    channel: String,
    kind: String,
    confirm_by: Option<jiff_sqlx::Timestamp>,
    request: Option<Uuid>,
    notice: String,
    source: String,
    evidence: String,
    sealed_evidence: Option<Vec<u8>>,
    proved_by: Option<Vec<u8>>,
    recorded_by: String,
    decide_time: jiff_sqlx::Timestamp,
    record_time: jiff_sqlx::Timestamp,
    expire_time: Option<jiff_sqlx::Timestamp>,
    master_id: String,
    wrapped: Vec<u8>,
}

impl RecordedRow {
    fn into_recorded(self, keyring: &Keyring) -> Result<Recorded, StoreError> {
        let remarks = Remarks {
            keyring,
            customer_id: self.customer_id,
            key: Some(Wrapped {
                master_id: self.master_id,
                bytes: self.wrapped,
            }),
            row: self.statement_id,
        };
        let evidence = remarks.read(EVIDENCE, self.evidence, self.sealed_evidence.as_deref())?;
        let statement = StatementRow {
            customer_id: self.customer_id,
            statement_id: self.statement_id,
            covers: self.covers,
            purpose: self.purpose,
            channel: self.channel,
            kind: self.kind,
            confirm_by: self.confirm_by,
            request: self.request,
            notice: self.notice,
            source: self.source,
            proved_by: self.proved_by,
            decide_time: self.decide_time,
            expire_time: self.expire_time,
        };
        Ok(Recorded {
            statement: statement.into_statement()?,
            evidence,
            recorded_by: self.recorded_by,
            record_time: self.record_time.to_jiff(),
        })
    }
}

impl StatementRow {
    fn into_statement(self) -> Result<Statement, CorruptRow> {
        let kind = self.kind()?;
        let fingerprint = self.proved_by.map(Fingerprint::try_from).transpose();
        Ok(Statement {
            id: StatementId(self.statement_id),
            home: CustomerId(self.customer_id),
            covers: self.covers.into_iter().map(CustomerId).collect(),
            topic: Topic {
                purpose: Purpose(self.purpose),
                channel: Channel(self.channel),
            },
            kind,
            decided: self.decide_time.to_jiff(),
            until: self.expire_time.map(jiff_sqlx::Timestamp::to_jiff),
            proved_by: fingerprint.map_err(|_| corrupt("proved_by"))?,
            notice: self.notice,
            source: self.source,
        })
    }

    fn kind(&self) -> Result<Kind, CorruptRow> {
        let confirm_by = self.confirm_by.map(jiff_sqlx::Timestamp::to_jiff);
        match (self.kind.as_str(), confirm_by, self.request) {
            ("granted", ..) => Ok(Kind::Granted),
            ("requested", Some(confirm_by), _) => Ok(Kind::Requested { confirm_by }),
            ("confirmed", _, Some(request)) => Ok(Kind::Confirmed {
                request: StatementId(request),
            }),
            ("withdrawn", ..) => Ok(Kind::Withdrawn),
            _ => Err(corrupt("kind")),
        }
    }
}

fn corrupt(column: &'static str) -> CorruptRow {
    CorruptRow {
        table: "consent_statements",
        column,
    }
}
