//! Days that are over, and what is still to be done of them.

use calendar::MonthDay;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered;
use crate::domain::end_of_day::{Begun, Step};

impl Numbered for Step {
    const WHAT: &'static str = "step of the end of a day";
    const ALL: &'static [Self] = &Step::ALL;
}

/// After so many failures a holder is left to an operator.
const MOST_FAILURES: i16 = 5;

/// What a day that is over asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ending<'a> {
    pub(crate) program_id: &'a str,
    pub(crate) day: Date,
    /// When it began.
    pub(crate) start: Timestamp,
    /// When it was over.
    pub(crate) end: Timestamp,
    /// Wallets whose points get their term anew by activity.
    pub(crate) extended: Vec<String>,
    /// Wallets with the instants at which points lapse that members are reminded of now.
    pub(crate) reminders: Vec<(String, Timestamp)>,
    /// Days of joining whose anniversaries are due.
    pub(crate) anniversaries: Vec<MonthDay>,
}

/// A day that was begun.
#[derive(Clone, Debug)]
pub(crate) struct EndOfDay {
    pub(crate) day: Date,
    pub(crate) begun_at: Timestamp,
    pub(crate) finished_at: Option<Timestamp>,
    /// Holders that each step was due for, and of these the ones still to be done.
    pub(crate) steps: Vec<(Step, i64, i64)>,
}

/// All programs.
pub(crate) async fn programs(db: impl PgExecutor<'_>) -> Result<Vec<String>, StoreError> {
    let programs = sqlx::query_scalar!("SELECT program_id FROM programs ORDER BY program_id");
    Ok(programs.fetch_all(db).await?)
}

/// The last day of a program that was begun.
pub(crate) async fn last(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<Option<Begun>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT day, finished_at IS NOT NULL AS "is_finished!" FROM end_of_days
        WHERE program_id = $1
        ORDER BY day DESC
        LIMIT 1
        "#,
        program_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Begun {
        day: row.day.to_jiff(),
        is_finished: row.is_finished,
    }))
}

/// Begins a day; false when somebody else has. Whoever does waits here for whoever is at it.
pub(crate) async fn begin(
    db: impl PgExecutor<'_>,
    program_id: &str,
    day: Date,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let written = sqlx::query!(
        r#"
        INSERT INTO end_of_days (program_id, day, begun_at, due) VALUES ($1, $2, $3, '{}')
        ON CONFLICT DO NOTHING
        "#,
        program_id,
        day.to_sqlx() as _,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Writes down everything that is due at the end of a day, and how many holders each step concerns;
/// false when nothing is.
///
/// It reads whole tables, once a day: lots in one pass for all that is due of them.
pub(crate) async fn plan(db: &mut PgConnection, ending: &Ending<'_>) -> Result<bool, StoreError> {
    let (reminded, instants): (Vec<&str>, Vec<_>) = ending
        .reminders
        .iter()
        .map(|(wallet_id, at)| (wallet_id.as_str(), at.to_sqlx()))
        .unzip();
    let (months, days): (Vec<i16>, Vec<i16>) = ending
        .anniversaries
        .iter()
        .map(|day| (i16::from(day.month()), i16::from(day.day())))
        .unzip();
    let written = sqlx::query!(
        r#"
        WITH due (step, holder_id) AS (
            SELECT s.step, l.holder_id FROM lots l
            CROSS JOIN LATERAL (VALUES
                (1::smallint, l.pending > 0 AND l.active_at <= $3),
                (3::smallint, l.expires_at <= $3),
                (6::smallint, (l.wallet_id, l.expires_at) IN (
                    SELECT * FROM unnest($4::text[], $5::timestamptz[])
                ))
            ) AS s (step, is_due)
            WHERE l.is_live AND s.is_due
            UNION
            SELECT 2::smallint, h.holder_id FROM holds h
            WHERE h.state = 1 AND h.expires_at <= $3 AND NOT EXISTS (
                SELECT FROM reward_orders r
                WHERE r.customer_id = h.holder_id AND r.hold_id = h.hold_id AND r.state = 1
            )
            UNION
            SELECT 3::smallint, o.holder_id FROM operations o
            WHERE o.recorded_at >= $6 AND o.recorded_at < $3 AND o.kind IN (1, 2)
                AND o.wallet_id = ANY ($7)
            UNION
            SELECT 4::smallint, t.customer_id FROM tier_standings t WHERE t.due_day <= $2
            UNION
            SELECT 5::smallint, d.customer_id FROM member_days d
            WHERE d.kind = 2
                AND (d.month, d.day) IN (SELECT * FROM unnest($8::smallint[], $9::smallint[]))
        )
        INSERT INTO end_of_day_due (program_id, day, step, holder_id)
        SELECT $1, $2, due.step, due.holder_id FROM due
        WHERE EXISTS (
            SELECT FROM holders h WHERE h.holder_id = due.holder_id AND h.program_id = $1
        )
        "#,
        ending.program_id,
        ending.day.to_sqlx() as _,
        ending.end.to_sqlx() as _,
        &reminded as _,
        &instants as _,
        ending.start.to_sqlx() as _,
        &ending.extended,
        &months,
        &days,
    )
    .execute(&mut *db)
    .await?;
    count(db, ending).await?;
    Ok(written.rows_affected() > 0)
}

/// Keeps how many holders each step concerns.
async fn count(db: &mut PgConnection, ending: &Ending<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE end_of_days SET due = (
            SELECT array_agg((
                SELECT count(*) FROM end_of_day_due d
                WHERE d.program_id = $1 AND d.day = $2 AND d.step = step.step
            ) ORDER BY step.step)
            FROM generate_series(1, 6) AS step (step)
        )
        WHERE program_id = $1 AND day = $2
        "#,
        ending.program_id,
        ending.day.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The first step that is not done of a day; `None` when all of it is, but for what is left to an
/// operator.
pub(crate) async fn open_step(
    db: impl PgExecutor<'_>,
    program_id: &str,
    day: Date,
) -> Result<Option<Step>, StoreError> {
    let step = sqlx::query_scalar!(
        r#"
        SELECT step FROM end_of_day_due
        WHERE program_id = $1 AND day = $2 AND failures < $3
        ORDER BY step
        LIMIT 1
        "#,
        program_id,
        day.to_sqlx() as _,
        MOST_FAILURES,
    )
    .fetch_optional(db)
    .await?;
    step.map(Step::named).transpose()
}

/// Takes some holders of a step that nobody else is at, until the end of the transaction.
pub(crate) async fn take(
    db: impl PgExecutor<'_>,
    (program_id, day, step): (&str, Date, Step),
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let holders = sqlx::query_scalar!(
        r#"
        SELECT holder_id FROM end_of_day_due
        WHERE program_id = $1 AND day = $2 AND step = $3 AND failures < $4
        ORDER BY holder_id
        LIMIT $5
        FOR UPDATE SKIP LOCKED
        "#,
        program_id,
        day.to_sqlx() as _,
        step.number(),
        MOST_FAILURES,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(holders)
}

/// Notes that holders are done, in the transaction that does it.
pub(crate) async fn done(
    db: impl PgExecutor<'_>,
    (program_id, day, step): (&str, Date, Step),
    holder_ids: &[Uuid],
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        DELETE FROM end_of_day_due
        WHERE program_id = $1 AND day = $2 AND step = $3 AND holder_id = ANY ($4)
        "#,
        program_id,
        day.to_sqlx() as _,
        step.number(),
        holder_ids,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a holder has failed; true when it is now left to an operator.
pub(crate) async fn failed(
    db: impl PgExecutor<'_>,
    (program_id, day, step): (&str, Date, Step),
    holder_id: Uuid,
) -> Result<bool, StoreError> {
    let failures = sqlx::query_scalar!(
        r#"
        UPDATE end_of_day_due SET failures = failures + 1
        WHERE program_id = $1 AND day = $2 AND step = $3 AND holder_id = $4
        RETURNING failures
        "#,
        program_id,
        day.to_sqlx() as _,
        step.number(),
        holder_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(failures.is_some_and(|failures| failures >= MOST_FAILURES))
}

/// Notes that a day is finished, unless something of it is still to be done.
pub(crate) async fn finish(
    db: impl PgExecutor<'_>,
    program_id: &str,
    day: Date,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let written = sqlx::query!(
        r#"
        UPDATE end_of_days SET finished_at = $3
        WHERE program_id = $1 AND day = $2 AND finished_at IS NULL AND NOT EXISTS (
            SELECT FROM end_of_day_due d
            WHERE d.program_id = $1 AND d.day = $2 AND d.failures < $4
        )
        "#,
        program_id,
        day.to_sqlx() as _,
        now.to_sqlx() as _,
        MOST_FAILURES,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Holders that are left to an operator.
pub(crate) async fn stuck(db: impl PgExecutor<'_>) -> Result<i64, StoreError> {
    let stuck = sqlx::query_scalar!(
        r#"SELECT count(*) AS "stuck!" FROM end_of_day_due WHERE failures >= $1"#,
        MOST_FAILURES,
    );
    Ok(stuck.fetch_one(db).await?)
}

/// Lets what was left to an operator be tried again.
pub(crate) async fn retry_stuck(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE end_of_day_due SET failures = 0 WHERE program_id = $1 AND failures > 0",
        program_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Days with something left to an operator that is to be tried again, the earliest first.
pub(crate) async fn unfinished_days(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<Vec<Date>, StoreError> {
    let days = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT day FROM end_of_day_due WHERE program_id = $1 AND failures < $2
        ORDER BY day
        "#,
        program_id,
        MOST_FAILURES,
    )
    .fetch_all(db)
    .await?;
    Ok(days.into_iter().map(jiff_sqlx::Date::to_jiff).collect())
}

/// Up to which day somebody has let a program catch up.
pub(crate) async fn approved_until(
    db: impl PgExecutor<'_>,
    program_id: &str,
) -> Result<Option<Date>, StoreError> {
    let day = sqlx::query_scalar!(
        "SELECT max(until_day) FROM end_of_day_approvals WHERE program_id = $1",
        program_id,
    )
    .fetch_one(db)
    .await?;
    Ok(day.map(jiff_sqlx::Date::to_jiff))
}

/// Lets a program catch up to a day.
pub(crate) async fn approve(
    db: impl PgExecutor<'_>,
    (program_id, until): (&str, Date),
    (caller, now): (&str, Timestamp),
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO end_of_day_approvals (program_id, until_day, approved_by, approved_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING
        "#,
        program_id,
        until.to_sqlx() as _,
        caller,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A page of the days of a program, the latest first.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    program_id: &str,
    before: Option<Date>,
    limit: i64,
) -> Result<Vec<EndOfDay>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT e.day, e.begun_at, e.finished_at, e.due, ARRAY (
            SELECT count(d.holder_id) FROM generate_series(1, 6) AS step (step)
            LEFT JOIN end_of_day_due d
                ON d.program_id = e.program_id AND d.day = e.day AND d.step = step.step
            GROUP BY step.step
            ORDER BY step.step
        ) AS "open!"
        FROM end_of_days e
        WHERE e.program_id = $1 AND ($2::date IS NULL OR e.day < $2)
        ORDER BY e.day DESC
        LIMIT $3
        "#,
        program_id,
        before.map(ToSqlx::to_sqlx) as _,
        limit,
    )
    .fetch_all(db)
    .await?;
    let days = rows.into_iter().map(|row| EndOfDay {
        day: row.day.to_jiff(),
        begun_at: row.begun_at.to_jiff(),
        finished_at: row.finished_at.map(jiff_sqlx::Timestamp::to_jiff),
        steps: counts(&row.due, &row.open),
    });
    Ok(days.collect())
}

fn counts(due: &[i64], open: &[i64]) -> Vec<(Step, i64, i64)> {
    let of = |counts: &[i64], place: usize| counts.get(place).copied().unwrap_or_default();
    let steps = Step::ALL.iter().enumerate();
    steps
        .map(|(place, step)| (*step, of(due, place), of(open, place)))
        .collect()
}

/// When holders were last active in wallets, before an instant: earned or spent.
pub(crate) async fn last_activity(
    db: impl PgExecutor<'_>,
    holder_ids: &[Uuid],
    wallets: &[String],
    (since, before): (Timestamp, Timestamp),
) -> Result<Vec<(Uuid, String, Timestamp)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, wallet_id, max(recorded_at) AS "at!" FROM operations
        WHERE holder_id = ANY ($1) AND wallet_id = ANY ($2) AND kind IN (1, 2)
            AND recorded_at >= $3 AND recorded_at < $4
        GROUP BY holder_id, wallet_id
        "#,
        holder_ids,
        wallets,
        since.to_sqlx() as _,
        before.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let found = rows
        .into_iter()
        .map(|row| (row.holder_id, row.wallet_id, row.at.to_jiff()));
    Ok(found.collect())
}

/// Holds whose time is over, of some holders or of all, but for those of reward orders, which are
/// ended together with their order.
pub(crate) async fn overdue_holds(
    db: impl PgExecutor<'_>,
    holder_ids: Option<&[Uuid]>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT h.holder_id, h.hold_id FROM holds h
        WHERE h.state = 1 AND h.expires_at <= $1 AND ($2::uuid[] IS NULL OR h.holder_id = ANY ($2))
            AND NOT EXISTS (
                SELECT FROM reward_orders r
                WHERE r.customer_id = h.holder_id AND r.hold_id = h.hold_id AND r.state = 1
            )
        ORDER BY h.expires_at
        LIMIT $3
        "#,
        now.to_sqlx() as _,
        holder_ids,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.holder_id, row.hold_id))
        .collect())
}

/// Holders with pending points whose time has come.
pub(crate) async fn ripe_holders(
    db: impl PgExecutor<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    let holders = sqlx::query_scalar!(
        r#"
        SELECT DISTINCT holder_id FROM (
            SELECT holder_id FROM lots WHERE pending > 0 AND active_at <= $1
            ORDER BY active_at
            LIMIT $2
        ) ripe
        "#,
        now.to_sqlx() as _,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(holders)
}
