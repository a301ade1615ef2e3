//! Work in the background.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered;

/// What is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A liability report.
    LiabilityReport,
    /// A simulation.
    Simulation,
}

impl Numbered for Kind {
    const WHAT: &'static str = "kind of background work";
    const ALL: &'static [Self] = &[Self::LiabilityReport, Self::Simulation];
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Waits for its turn.
    Queued,
    /// Is under way.
    Running,
    /// There is a result.
    Succeeded,
    /// There is none, and will be none.
    Failed,
}

impl Numbered for State {
    const WHAT: &'static str = "state of background work";
    const ALL: &'static [Self] = &[Self::Queued, Self::Running, Self::Succeeded, Self::Failed];
}

/// Work that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct NewRun<'a> {
    pub(crate) run_id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) program_id: &'a str,
    pub(crate) created_by: &'a str,
    pub(crate) created_at: Timestamp,
    pub(crate) request: Vec<u8>,
}

/// Work as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) run_id: Uuid,
    pub(crate) state: State,
    pub(crate) created_at: Timestamp,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) request: Vec<u8>,
    /// Not read for lists.
    pub(crate) result: Option<Vec<u8>>,
    pub(crate) failure: Option<Failure>,
    pub(crate) holders_done: i64,
}

/// Why there will be no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The reason of an error, without its prefix.
    pub(crate) reason: String,
    /// The same for people.
    pub(crate) message: String,
}

/// Work that this process has taken on.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) run_id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) program_id: String,
    pub(crate) request: Vec<u8>,
    pub(crate) attempt: i16,
}

struct Row {
    run_id: Uuid,
    state: i16,
    created_at: jiff_sqlx::Timestamp,
    started_at: Option<jiff_sqlx::Timestamp>,
    ended_at: Option<jiff_sqlx::Timestamp>,
    request: Vec<u8>,
    result: Option<Vec<u8>>,
    failure_reason: Option<String>,
    failure_message: Option<String>,
    holders_done: i64,
}

impl TryFrom<Row> for Run {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let failure = row.failure_reason.map(|reason| Failure {
            reason,
            message: row.failure_message.unwrap_or_default(),
        });
        Ok(Self {
            run_id: row.run_id,
            state: State::named(row.state)?,
            created_at: row.created_at.to_jiff(),
            started_at: row.started_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            request: row.request,
            result: row.result,
            failure,
            holders_done: row.holders_done,
        })
    }
}

/// Queues work, unless as much as `most` of the program is open already; tells whether it did.
pub(crate) async fn queue(
    db: impl PgExecutor<'_>,
    run: &NewRun<'_>,
    most: i64,
) -> Result<bool, StoreError> {
    let queued = sqlx::query!(
        "INSERT INTO runs (run_id, kind, program_id, state, created_by, created_at, request)
         SELECT $1, $2, $3, 1, $4, $5, $6
         WHERE (SELECT count(*) FROM runs WHERE state <= 2 AND program_id = $3) < $7",
        run.run_id,
        run.kind.number(),
        run.program_id,
        run.created_by,
        run.created_at.to_sqlx() as _,
        run.request,
        most,
    );
    Ok(queued.execute(db).await?.rows_affected() == 1)
}

/// One piece of work, with its result.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    kind: Kind,
    program_id: &str,
    run_id: Uuid,
) -> Result<Option<Run>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT run_id, state, created_at, started_at, ended_at, request, result, failure_reason,
            failure_message, holders_done
         FROM runs WHERE run_id = $1 AND kind = $2 AND program_id = $3",
        run_id,
        kind.number(),
        program_id,
    );
    row.fetch_optional(db).await?.map(Run::try_from).transpose()
}

/// Work of a program, the latest first, without results; after the piece `before`.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    kind: Kind,
    program_id: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Run>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT run_id, state, created_at, started_at, ended_at, request,
            NULL::bytea AS "result?", failure_reason, failure_message, holders_done
         FROM runs
         WHERE program_id = $1 AND kind = $2 AND run_id < $3
         ORDER BY run_id DESC
         LIMIT $4"#,
        program_id,
        kind.number(),
        before.unwrap_or(Uuid::max()),
        limit,
    );
    let rows = rows.fetch_all(db).await?;
    rows.into_iter().map(Run::try_from).collect()
}

/// Takes on the oldest work that nobody is at.
pub(crate) async fn take(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Taken>, StoreError> {
    let row = sqlx::query!(
        "UPDATE runs SET state = 2, started_at = $1, leased_until = $2, attempt = attempt + 1,
             holders_done = 0
         WHERE run_id = (
             SELECT run_id FROM runs
             WHERE state = 1 OR (state = 2 AND leased_until <= $1)
             ORDER BY run_id
             LIMIT 1
             FOR UPDATE SKIP LOCKED)
         RETURNING run_id, kind, program_id, request, attempt",
        now.to_sqlx() as _,
        until.to_sqlx() as _,
    );
    let Some(row) = row.fetch_optional(db).await? else {
        return Ok(None);
    };
    Ok(Some(Taken {
        run_id: row.run_id,
        kind: Kind::named(row.kind)?,
        program_id: row.program_id,
        request: row.request,
        attempt: row.attempt,
    }))
}

/// Tells how far it is, and that somebody is still at it; false when another process took it over.
pub(crate) async fn renew(
    db: impl PgExecutor<'_>,
    taken: &Taken,
    holders_done: i64,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let renewed = sqlx::query!(
        "UPDATE runs SET holders_done = $3, leased_until = $4
         WHERE run_id = $1 AND attempt = $2 AND state = 2",
        taken.run_id,
        taken.attempt,
        holders_done,
        until.to_sqlx() as _,
    );
    Ok(renewed.execute(db).await?.rows_affected() == 1)
}

/// Ends it; without effect when another process took it over.
pub(crate) async fn end(
    db: impl PgExecutor<'_>,
    taken: &Taken,
    outcome: &Result<Vec<u8>, Failure>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let state = match outcome {
        Ok(_) => State::Succeeded,
        Err(_) => State::Failed,
    };
    let failure = outcome.as_ref().err();
    let ended = sqlx::query!(
        "UPDATE runs SET state = $3, result = $4, failure_reason = $5, failure_message = $6,
             ended_at = $7, leased_until = NULL
         WHERE run_id = $1 AND attempt = $2 AND state = 2",
        taken.run_id,
        taken.attempt,
        state.number(),
        outcome.as_ref().ok(),
        failure.map(|failure| failure.reason.as_str()),
        failure.map(|failure| failure.message.as_str()),
        now.to_sqlx() as _,
    );
    ended.execute(db).await?;
    Ok(())
}
