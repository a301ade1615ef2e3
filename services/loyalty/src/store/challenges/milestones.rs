//! What members have reached in challenges.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::store::StoreError;

/// One cycle of a challenge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    /// Whose.
    pub(crate) customer_id: Uuid,
    /// The challenge.
    pub(crate) challenge_id: &'a str,
    /// The cycle.
    pub(crate) cycle: &'a str,
}

/// The milestones that the member has, and since when.
pub(crate) async fn held(
    db: impl PgExecutor<'_>,
    cycle: Stretch<'_>,
) -> Result<BTreeMap<i64, Timestamp>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT milestone, reached_at FROM challenge_milestones
        WHERE customer_id = $1 AND challenge_id = $2 AND cycle = $3 AND lost_at IS NULL
        "#,
        cycle.customer_id,
        cycle.challenge_id,
        cycle.cycle,
    )
    .fetch_all(db)
    .await?;
    let held = rows.into_iter();
    Ok(held
        .map(|row| (row.milestone, row.reached_at.to_jiff()))
        .collect())
}

/// As [`held`], of several challenges, each in one cycle.
pub(crate) async fn held_of_all(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    challenges: &[(String, String)],
) -> Result<HashMap<String, BTreeMap<i64, Timestamp>>, StoreError> {
    let (ids, cycles): (Vec<String>, Vec<String>) = challenges.iter().cloned().unzip();
    let rows = sqlx::query!(
        r#"
        SELECT challenge_id, milestone, reached_at FROM challenge_milestones
        JOIN unnest($2::text[], $3::text[]) AS wanted (id, cycle_of)
            ON challenge_id = wanted.id AND cycle = wanted.cycle_of
        WHERE customer_id = $1 AND lost_at IS NULL
        "#,
        customer_id,
        &ids,
        &cycles,
    )
    .fetch_all(db)
    .await?;
    let mut held: HashMap<String, BTreeMap<i64, Timestamp>> = HashMap::new();
    for row in rows {
        let reached_at = row.reached_at.to_jiff();
        let of_challenge = held.entry(row.challenge_id).or_default();
        of_challenge.insert(row.milestone, reached_at);
    }
    Ok(held)
}

/// Writes that a milestone was reached, also when it was lost before.
pub(crate) async fn reach(
    db: &mut PgConnection,
    cycle: Stretch<'_>,
    milestone: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO challenge_milestones
            (customer_id, challenge_id, cycle, milestone, reached_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (customer_id, challenge_id, cycle, milestone) DO UPDATE
            SET reached_at = excluded.reached_at, lost_at = NULL, kept = 0
        "#,
        cycle.customer_id,
        cycle.challenge_id,
        cycle.cycle,
        milestone,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes that a milestone was lost, and how many things could not be taken back.
pub(crate) async fn lose(
    db: &mut PgConnection,
    cycle: Stretch<'_>,
    milestone: i64,
    kept: i32,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE challenge_milestones SET lost_at = $5, kept = $6
        WHERE customer_id = $1 AND challenge_id = $2 AND cycle = $3 AND milestone = $4
        "#,
        cycle.customer_id,
        cycle.challenge_id,
        cycle.cycle,
        milestone,
        now.to_sqlx() as _,
        kept,
    )
    .execute(db)
    .await?;
    Ok(())
}
