//! Verifications: waiting, under way, and what they have found.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It waits to begin.
    Waiting,
    /// It is under way.
    Running,
    /// Everything adds up.
    Sound,
    /// There are differences.
    Different,
    /// It could not be carried out.
    Failed,
}

/// How much was looked at, and how many differences were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Account holders.
    pub(crate) holders: i64,
    /// Operations.
    pub(crate) operations: i64,
    /// Entries.
    pub(crate) entries: i64,
    /// Differences.
    pub(crate) differences: i64,
}

/// A verification as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct VerificationRow {
    /// The verification.
    pub(crate) verification_id: Uuid,
    /// How far it is.
    pub(crate) progress: Progress,
    /// Who asked for it.
    pub(crate) created_by: String,
    /// When.
    pub(crate) created_at: Timestamp,
    /// When it began last.
    pub(crate) started_at: Option<Timestamp>,
    /// When it ended.
    pub(crate) ended_at: Option<Timestamp>,
    /// How often it was begun.
    pub(crate) attempts: i16,
    /// How much was looked at.
    pub(crate) counts: Counts,
    /// Differences, heads and totals, encoded.
    pub(crate) result: Vec<u8>,
    /// The signed report.
    pub(crate) report: String,
    /// Why it could not be carried out.
    pub(crate) failure: String,
}

struct Stored {
    verification_id: Uuid,
    state: i16,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    started_at: Option<jiff_sqlx::Timestamp>,
    ended_at: Option<jiff_sqlx::Timestamp>,
    attempts: i16,
    holders: i64,
    operations: i64,
    entries: i64,
    differences: i64,
    result: Vec<u8>,
    report: String,
    failure: String,
}

impl TryFrom<Stored> for VerificationRow {
    type Error = StoreError;

    fn try_from(row: Stored) -> Result<Self, StoreError> {
        let progress = match row.state {
            1 => Progress::Waiting,
            2 => Progress::Running,
            3 => Progress::Sound,
            4 => Progress::Different,
            5 => Progress::Failed,
            number => {
                let what = "state of a verification";
                return Err(StoreError::Unknown { what, number });
            }
        };
        Ok(Self {
            verification_id: row.verification_id,
            progress,
            created_by: row.created_by,
            created_at: row.created_at.to_jiff(),
            started_at: row.started_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
            attempts: row.attempts,
            counts: Counts {
                holders: row.holders,
                operations: row.operations,
                entries: row.entries,
                differences: row.differences,
            },
            result: row.result,
            report: row.report,
            failure: row.failure,
        })
    }
}

const fn number(progress: Progress) -> i16 {
    match progress {
        Progress::Waiting => 1,
        Progress::Running => 2,
        Progress::Sound => 3,
        Progress::Different => 4,
        Progress::Failed => 5,
    }
}

/// A verification that is to be made.
#[derive(Clone, Debug)]
pub(crate) struct NewVerification<'a> {
    /// The verification.
    pub(crate) verification_id: Uuid,
    /// Who asks for it.
    pub(crate) created_by: &'a str,
    /// When.
    pub(crate) created_at: Timestamp,
    /// The day whose scheduled one it is.
    pub(crate) scheduled_for: Option<Date>,
}

/// Lets a verification wait to begin; does nothing where one waits, or where that of the day was
/// made.
pub(crate) async fn insert(
    db: impl PgExecutor<'_>,
    new: &NewVerification<'_>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO verifications (verification_id, state, created_by, created_at, scheduled_for)
         VALUES ($1, 1, $2, $3, $4)
         ON CONFLICT DO NOTHING",
        new.verification_id,
        new.created_by,
        new.created_at.to_sqlx() as _,
        new.scheduled_for.map(jiff_sqlx::ToSqlx::to_sqlx) as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Lets a verification wait to begin, and tells it; where one waits, that one. It stays locked, so that
/// it can't begin before the transaction has ended.
pub(crate) async fn ask(
    db: impl PgExecutor<'_>,
    new: &NewVerification<'_>,
) -> Result<VerificationRow, StoreError> {
    let row = sqlx::query_as!(
        Stored,
        "INSERT INTO verifications (verification_id, state, created_by, created_at)
         VALUES ($1, 1, $2, $3)
         ON CONFLICT (state) WHERE state = 1 DO UPDATE SET state = 1
         RETURNING verification_id, state, created_by, created_at, started_at, ended_at, attempts,
             holders, operations, entries, differences, result, report, failure",
        new.verification_id,
        new.created_by,
        new.created_at.to_sqlx() as _,
    )
    .fetch_one(db)
    .await?;
    row.try_into()
}

/// A verification.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    verification_id: Uuid,
) -> Result<Option<VerificationRow>, StoreError> {
    let row = sqlx::query_as!(
        Stored,
        "SELECT verification_id, state, created_by, created_at, started_at, ended_at, attempts,
             holders, operations, entries, differences, result, report, failure
         FROM verifications WHERE verification_id = $1",
        verification_id,
    )
    .fetch_optional(db)
    .await?;
    row.map(VerificationRow::try_from).transpose()
}

/// Verifications, the latest first, from the one after `before`; without results and reports.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<VerificationRow>, StoreError> {
    let rows = sqlx::query_as!(
        Stored,
        r#"SELECT verification_id, state, created_by, created_at, started_at, ended_at, attempts,
             holders, operations, entries, differences, ''::bytea AS "result!", '' AS "report!",
             failure
         FROM verifications
         WHERE verification_id < $1
         ORDER BY verification_id DESC
         LIMIT $2"#,
        before.unwrap_or(Uuid::max()),
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(VerificationRow::try_from).collect()
}

/// The last one that has ended with a result; or the last that found no difference.
pub(crate) async fn last_result(
    db: impl PgExecutor<'_>,
    sound_only: bool,
) -> Result<Option<VerificationRow>, StoreError> {
    let row = sqlx::query_as!(
        Stored,
        "SELECT verification_id, state, created_by, created_at, started_at, ended_at, attempts,
             holders, operations, entries, differences, result, report, failure
         FROM verifications WHERE state = 3 OR (state = 4 AND NOT $1)
         ORDER BY verification_id DESC
         LIMIT 1",
        sound_only,
    )
    .fetch_optional(db)
    .await?;
    row.map(VerificationRow::try_from).transpose()
}

/// Begins the verification that waits, or one whose runner has not renewed its lease, and tells it.
pub(crate) async fn take(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    leased_until: Timestamp,
) -> Result<Option<VerificationRow>, StoreError> {
    let row = sqlx::query_as!(
        Stored,
        "UPDATE verifications SET state = 2, started_at = $1, leased_until = $2,
             attempts = attempts + 1, holders = 0, operations = 0, entries = 0, differences = 0
         WHERE verification_id = (
             SELECT verification_id FROM verifications
             WHERE state = 1 OR (state = 2 AND leased_until < $1)
             ORDER BY verification_id
             LIMIT 1
             FOR UPDATE SKIP LOCKED
         )
         RETURNING verification_id, state, created_by, created_at, started_at, ended_at, attempts,
             holders, operations, entries, differences, result, report, failure",
        now.to_sqlx() as _,
        leased_until.to_sqlx() as _,
    )
    .fetch_optional(db)
    .await?;
    row.map(VerificationRow::try_from).transpose()
}

/// Tells how far a verification is, and renews its lease. False when another has taken it over.
pub(crate) async fn renew(
    db: impl PgExecutor<'_>,
    taken: &VerificationRow,
    counts: Counts,
    leased_until: Timestamp,
) -> Result<bool, StoreError> {
    let renewed = sqlx::query!(
        "UPDATE verifications SET leased_until = $3, holders = $4, operations = $5, entries = $6,
             differences = $7
         WHERE verification_id = $1 AND state = 2 AND attempts = $2",
        taken.verification_id,
        taken.attempts,
        leased_until.to_sqlx() as _,
        counts.holders,
        counts.operations,
        counts.entries,
        counts.differences,
    )
    .execute(db)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// How a verification has ended.
#[derive(Clone, Debug)]
pub(crate) struct Ended<'a> {
    /// How.
    pub(crate) progress: Progress,
    /// When.
    pub(crate) ended_at: Timestamp,
    /// How much was looked at.
    pub(crate) counts: Counts,
    /// Differences, heads and totals, encoded.
    pub(crate) result: &'a [u8],
    /// The signed report.
    pub(crate) report: &'a str,
    /// Why it could not be carried out.
    pub(crate) failure: &'a str,
}

/// Writes how a verification has ended, unless another has taken it over.
pub(crate) async fn end(
    db: impl PgExecutor<'_>,
    taken: &VerificationRow,
    ended: &Ended<'_>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE verifications SET state = $3, ended_at = $4, leased_until = NULL, holders = $5,
             operations = $6, entries = $7, differences = $8, result = $9, report = $10,
             failure = $11
         WHERE verification_id = $1 AND state = 2 AND attempts = $2",
        taken.verification_id,
        taken.attempts,
        number(ended.progress),
        ended.ended_at.to_sqlx() as _,
        ended.counts.holders,
        ended.counts.operations,
        ended.counts.entries,
        ended.counts.differences,
        ended.result,
        ended.report,
        ended.failure,
    )
    .execute(db)
    .await?;
    Ok(())
}
