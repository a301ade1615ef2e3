//! Rules and runs of retention.

pub(crate) mod remove;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::privacy::retention::run::{Hindered, Hindrance, Run, RunId};
use crate::domain::privacy::retention::{Kind, Rule};
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
    removing_until: Option<jiff_sqlx::Timestamp>,
    problem: i16,
    resume_at: Option<jiff_sqlx::Timestamp>,
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

/// Locks a run that goes on and that nobody else works on, here or in another service.
pub(crate) async fn lock_open(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<Option<Run>, StoreError> {
    let row = sqlx::query_as!(
        RunRow,
        r#"SELECT run_id, kind, days, cut_off AS "cut_off: _", begun_at AS "begun_at: _",
                  ended_at AS "ended_at: _", removed, held, removing_until AS "removing_until: _",
                  problem, resume_at AS "resume_at: _"
           FROM retention_runs
           WHERE ended_at IS NULL AND coalesce(greatest(removing_until, resume_at), $1) <= $1
           ORDER BY run_id LIMIT 1 FOR UPDATE SKIP LOCKED"#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(RunRow::into_domain).transpose()?)
}

/// Writes how far a run came; false when somebody else has gone on with it since it was as `before`.
pub(crate) async fn put_run(
    connection: &mut PgConnection,
    before: &Run,
    run: &Run,
) -> Result<bool, StoreError> {
    let written = sqlx::query!(
        "UPDATE retention_runs SET removed = $2, held = $3, ended_at = $4, removing_until = $5,
             problem = $6, resume_at = $7
         WHERE run_id = $1 AND ended_at IS NULL AND removing_until IS NOT DISTINCT FROM $8",
        run.id.0,
        run.removed,
        run.held,
        run.ended_at.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        run.removing_until.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
        run.hindered.map_or(0, |it| it.by.number()),
        run.hindered.map(|it| it.resumes_at.to_sqlx()) as _,
        before.removing_until.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    )
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Whether another service may still remove by a list of holds that it was told before.
pub(crate) async fn is_removing_elsewhere(
    connection: &mut PgConnection,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let is_removing = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM retention_runs WHERE ended_at IS NULL AND removing_until > $1) AS "is!""#,
        now.to_sqlx() as jiff_sqlx::Timestamp,
    )
    .fetch_one(connection)
    .await?;
    Ok(is_removing)
}

/// All ids of people on whom a legal hold is.
pub(crate) async fn held(connection: &mut PgConnection) -> Result<Vec<Uuid>, StoreError> {
    let held = sqlx::query_scalar!(r#"SELECT held_ids() AS "ids!""#);
    Ok(held.fetch_one(connection).await?)
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
                  ended_at AS "ended_at: _", removed, held, removing_until AS "removing_until: _",
                  problem, resume_at AS "resume_at: _"
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
            removing_until: self.removing_until.map(jiff_sqlx::Timestamp::to_jiff),
            hindered: Hindrance::numbered(self.problem)
                .zip(self.resume_at)
                .map(|(by, at)| Hindered {
                    by,
                    resumes_at: at.to_jiff(),
                }),
        })
    }
}
