//! Answers to quizzes.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::milestones::Stretch;
use crate::domain::challenges::Answer;
use crate::store::StoreError;

/// What a member's attempts at a quiz came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// How many there were.
    pub(crate) count: i64,
    /// The most right answers.
    pub(crate) best: i64,
}

/// The attempts in a cycle.
pub(crate) async fn of_cycle(
    db: impl PgExecutor<'_>,
    cycle: Stretch<'_>,
) -> Result<Attempts, StoreError> {
    let attempts = sqlx::query_as!(
        Attempts,
        r#"
        SELECT count(*) AS "count!", coalesce(max(right_count), 0) AS "best!" FROM quiz_attempts
        WHERE customer_id = $1 AND challenge_id = $2 AND cycle = $3
        "#,
        cycle.customer_id,
        cycle.challenge_id,
        cycle.cycle,
    );
    Ok(attempts.fetch_one(db).await?)
}

/// As [`of_cycle`], of several quizzes, each in one cycle.
pub(crate) async fn of_all(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    challenges: &[(String, String)],
) -> Result<HashMap<String, Attempts>, StoreError> {
    let (ids, cycles): (Vec<String>, Vec<String>) = challenges.iter().cloned().unzip();
    let rows = sqlx::query!(
        r#"
        SELECT challenge_id, count(*) AS "count!", max(right_count) AS "best!" FROM quiz_attempts
        JOIN unnest($2::text[], $3::text[]) AS wanted (id, cycle_of)
            ON challenge_id = wanted.id AND cycle = wanted.cycle_of
        WHERE customer_id = $1
        GROUP BY challenge_id
        "#,
        customer_id,
        &ids,
        &cycles,
    )
    .fetch_all(db)
    .await?;
    let attempts = rows.into_iter().map(|row| {
        let (count, best) = (row.count, row.best);
        (row.challenge_id, Attempts { count, best })
    });
    Ok(attempts.collect())
}

/// Writes an attempt. The member must be locked.
pub(crate) async fn insert(
    db: &mut PgConnection,
    cycle: Stretch<'_>,
    program_version: i64,
    (attempt, right_count): (i64, i64),
    answers: &[Answer],
    now: Timestamp,
) -> Result<(), StoreError> {
    let questions = answers.iter().map(|answer| answer.question_id.clone());
    let choices = answers.iter().map(|answer| i16::try_from(answer.choice));
    let choices = choices.map(|choice| choice.unwrap_or(i16::MAX));
    sqlx::query!(
        r#"
        INSERT INTO quiz_attempts (customer_id, challenge_id, cycle, attempt, program_version,
            question_ids, choices, right_count, answered_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        cycle.customer_id,
        cycle.challenge_id,
        cycle.cycle,
        i16::try_from(attempt).unwrap_or(i16::MAX),
        program_version,
        &questions.collect::<Vec<_>>(),
        &choices.collect::<Vec<_>>(),
        right_count,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
