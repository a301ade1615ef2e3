//! Rules and runs of retention.

pub(crate) mod remove;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::privacy::retention::{Kind, Rule, Run, RunId};
use crate::store::{CorruptRow, StoreError};

struct RunRow {
    run_id: Uuid,
    kind: i16,
    days: i32,
    cut_off: jiff_sqlx::Timestamp,
    begun_at: jiff_sqlx::Timestamp,
    ended_at: Option<jiff_sqlx::Timestamp>,
    removed: i64,
    held: i64,
}

/// The rules that somebody has set.
pub(crate) async fn rules(connection: &mut PgConnection) -> Result<Vec<Rule>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT kind, days, updated_by, updated_at AS "updated_at: jiff_sqlx::Timestamp"
           FROM retention_rules ORDER BY kind"#,
    )
    .fetch_all(connection)
    .await?;
    let rules = rows.into_iter().map(|row| {
        Ok(Rule {
            kind: kind(row.kind)?,
            days: row.days,
            updated: Some((row.updated_by, row.updated_at.to_jiff())),
        })
    });
    Ok(rules.collect::<Result<_, CorruptRow>>()?)
}

/// Sets a rule.
pub(crate) async fn put_rule(
    connection: &mut PgConnection,
    (kind, days): (Kind, i32),
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO retention_rules (kind, days, updated_by, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (kind) DO UPDATE SET days = excluded.days, updated_by = excluded.updated_by,
             updated_at = excluded.updated_at",
        kind.number(),
        days,
        by,
        now.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// When the last run of a kind began.
pub(crate) async fn last_begun(
    connection: &mut PgConnection,
    kind: Kind,
) -> Result<Option<Timestamp>, StoreError> {
    let last = sqlx::query_scalar!(
        r#"SELECT begun_at AS "begun_at: jiff_sqlx::Timestamp" FROM retention_runs
           WHERE kind = $1 ORDER BY begun_at DESC LIMIT 1"#,
        kind.number(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(last.map(jiff_sqlx::Timestamp::to_jiff))
}

/// Begins a run, unless one of the kind is under way; answers whether it did.
pub(crate) async fn begin(connection: &mut PgConnection, run: &Run) -> Result<bool, StoreError> {
    let made = sqlx::query!(
        "INSERT INTO retention_runs (run_id, kind, days, cut_off, begun_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind) WHERE ended_at IS NULL DO NOTHING",
        run.id.0,
        run.kind.number(),
        run.days,
        run.cut_off.to_sqlx(),
        run.begun_at.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Locks a run that goes on and that nobody else works on.
pub(crate) async fn lock_open(connection: &mut PgConnection) -> Result<Option<Run>, StoreError> {
    let row = sqlx::query_as!(
        RunRow,
        r#"SELECT run_id, kind, days, cut_off AS "cut_off: _", begun_at AS "begun_at: _",
                  ended_at AS "ended_at: _", removed, held
           FROM retention_runs WHERE ended_at IS NULL
           ORDER BY run_id LIMIT 1 FOR UPDATE SKIP LOCKED"#,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(RunRow::into_domain).transpose()?)
}

/// Writes how far a run came.
pub(crate) async fn put_run(connection: &mut PgConnection, run: &Run) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE retention_runs SET removed = $2, held = $3, ended_at = $4 WHERE run_id = $1",
        run.id.0,
        run.removed,
        run.held,
        run.ended_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest `limit` before one.
pub(crate) async fn list(
    connection: &mut PgConnection,
    before: RunId,
    limit: i64,
) -> Result<Vec<Run>, StoreError> {
    let rows = sqlx::query_as!(
        RunRow,
        r#"SELECT run_id, kind, days, cut_off AS "cut_off: _", begun_at AS "begun_at: _",
                  ended_at AS "ended_at: _", removed, held
           FROM retention_runs WHERE run_id < $1 ORDER BY run_id DESC LIMIT $2"#,
        before.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let runs = rows.into_iter().map(RunRow::into_domain);
    Ok(runs.collect::<Result<_, _>>()?)
}

fn kind(number: i16) -> Result<Kind, CorruptRow> {
    Kind::numbered(number).ok_or(CorruptRow {
        table: "retention_rules",
        column: "kind",
    })
}

impl RunRow {
    fn into_domain(self) -> Result<Run, CorruptRow> {
        Ok(Run {
            id: RunId(self.run_id),
            kind: kind(self.kind)?,
            days: self.days,
            cut_off: self.cut_off.to_jiff(),
            begun_at: self.begun_at.to_jiff(),
            ended_at: self.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            removed: self.removed,
            held: self.held,
        })
    }
}
