//! What counts for challenges, one row for each purchase or act.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::challenges::{DayFigures, Fact, FactKind};
use crate::store::StoreError;
use crate::store::numbers::Numbered;

impl Numbered for FactKind {
    const WHAT: &'static str = "kind of fact";
    const ALL: &'static [Self] = &[Self::Sale, Self::Act];
}

/// Writes a new fact, or puts it in the place of what was known of it.
pub(crate) async fn put(
    db: &mut PgConnection,
    customer_id: Uuid,
    challenge_id: &str,
    fact: &Fact,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO challenge_facts
            (customer_id, challenge_id, kind, fact_id, cycle, day, times, money)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (customer_id, challenge_id, kind, fact_id) DO UPDATE
            SET times = excluded.times, money = excluded.money
        "#,
        customer_id,
        challenge_id,
        fact.kind.number(),
        fact.fact_id,
        fact.cycle.to_string(),
        fact.day.to_sqlx() as _,
        fact.times,
        fact.money,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a fact is known, which it is when it fulfilled the challenge's condition.
pub(crate) async fn is_known(
    db: &mut PgConnection,
    customer_id: Uuid,
    challenge_id: &str,
    fact: &Fact,
) -> Result<bool, StoreError> {
    let known = sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM challenge_facts
            WHERE customer_id = $1 AND challenge_id = $2 AND kind = $3 AND fact_id = $4
        ) AS "known!"
        "#,
        customer_id,
        challenge_id,
        fact.kind.number(),
        fact.fact_id,
    );
    Ok(known.fetch_one(db).await?)
}

/// The days of a cycle.
pub(crate) async fn days(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    challenge_id: &str,
    cycle: &str,
) -> Result<Vec<DayFigures>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT day, sum(times)::bigint AS "times!",
            -- Within 64 bits, or refused: never wrapped.
            sum(money)::bigint AS "money!"
        FROM challenge_facts
        WHERE customer_id = $1 AND challenge_id = $2 AND cycle = $3
        GROUP BY day
        ORDER BY day
        "#,
        customer_id,
        challenge_id,
        cycle,
    )
    .fetch_all(db)
    .await?;
    let days = rows.into_iter().map(|row| DayFigures {
        day: row.day.to_jiff(),
        times: row.times,
        money: row.money,
    });
    Ok(days.collect())
}

/// As [`days`], of several challenges, each in one cycle.
pub(crate) async fn days_of_all(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    challenges: &[(String, String)],
) -> Result<HashMap<String, Vec<DayFigures>>, StoreError> {
    let (ids, cycles): (Vec<String>, Vec<String>) = challenges.iter().cloned().unzip();
    let rows = sqlx::query!(
        r#"
        SELECT challenge_id, day, sum(times)::bigint AS "times!",
            sum(money)::bigint AS "money!"
        FROM challenge_facts
        JOIN unnest($2::text[], $3::text[]) AS wanted (id, cycle_of)
            ON challenge_id = wanted.id AND cycle = wanted.cycle_of
        WHERE customer_id = $1
        GROUP BY challenge_id, day
        ORDER BY challenge_id, day
        "#,
        customer_id,
        &ids,
        &cycles,
    )
    .fetch_all(db)
    .await?;
    let mut days: HashMap<String, Vec<DayFigures>> = HashMap::new();
    for row in rows {
        days.entry(row.challenge_id).or_default().push(DayFigures {
            day: row.day.to_jiff(),
            times: row.times,
            money: row.money,
        });
    }
    Ok(days)
}
