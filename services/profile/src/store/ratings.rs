//! Where people stand, and how they got there.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{CorruptRow, StoreError, texts};
use crate::domain::ids::CustomerId;
use crate::domain::rating::{Rating, Stage, Tier};

/// Where somebody stands, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) customer: CustomerId,
    pub(crate) rating: Rating,
    pub(crate) stage_time: Timestamp,
    pub(crate) tier_time: Timestamp,
}

/// A step from one stage to another; to none when the id is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StageChange {
    pub(crate) id: Uuid,
    pub(crate) customer: CustomerId,
    pub(crate) from: Option<Stage>,
    pub(crate) to: Option<Stage>,
    pub(crate) at: Timestamp,
}

/// Those who entered a stage, by where they went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) stage: Stage,
    /// `None`: they are in it still, or were merged.
    pub(crate) next: Option<Stage>,
    pub(crate) count: i64,
    pub(crate) median_seconds: i64,
}

/// Where these people stand.
pub(crate) async fn of(
    connection: &mut PgConnection,
    customers: &[Uuid],
) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, stage, stage_time, tier, tier_time
         FROM customer_ratings WHERE customer_id = ANY ($1)",
        customers,
    )
    .fetch_all(connection)
    .await?;
    let standings = rows.into_iter().map(|row| {
        let rating = Rating {
            stage: stage_named(&row.stage)?,
            tier: tier_named(&row.tier)?,
        };
        Ok(Standing {
            customer: CustomerId(row.customer_id),
            rating,
            stage_time: row.stage_time.to_jiff(),
            tier_time: row.tier_time.to_jiff(),
        })
    });
    standings.collect()
}

/// Writes where people stand.
pub(crate) async fn put(
    connection: &mut PgConnection,
    standings: &[Standing],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = standings.iter().map(|it| it.customer.0).collect();
    let stage_times: Vec<_> = standings.iter().map(|it| it.stage_time.to_sqlx()).collect();
    let tier_times: Vec<_> = standings.iter().map(|it| it.tier_time.to_sqlx()).collect();
    sqlx::query!(
        "INSERT INTO customer_ratings (customer_id, stage, stage_time, tier, tier_time)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::timestamptz[])
         ON CONFLICT (customer_id) DO UPDATE SET
             stage = excluded.stage, stage_time = excluded.stage_time,
             tier = excluded.tier, tier_time = excluded.tier_time",
        &customers,
        &texts(standings, |it| stage_name(it.rating.stage)) as &[&str],
        &stage_times,
        &texts(standings, |it| tier_name(it.rating.tier)) as &[&str],
        &tier_times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends the ratings of ids that lead elsewhere now.
pub(crate) async fn end(
    connection: &mut PgConnection,
    customers: &[CustomerId],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = customers.iter().map(|id| id.0).collect();
    sqlx::query!(
        "DELETE FROM customer_ratings WHERE customer_id = ANY ($1)",
        &customers,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds steps.
pub(crate) async fn add_changes(
    connection: &mut PgConnection,
    changes: &[StageChange],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = changes.iter().map(|it| it.customer.0).collect();
    let ids: Vec<Uuid> = changes.iter().map(|it| it.id).collect();
    let named = |stage: Option<Stage>| stage.map(|stage| stage_name(stage).to_owned());
    let from: Vec<Option<String>> = changes.iter().map(|it| named(it.from)).collect();
    let to: Vec<Option<String>> = changes.iter().map(|it| named(it.to)).collect();
    let times: Vec<_> = changes.iter().map(|it| it.at.to_sqlx()).collect();
    sqlx::query!(
        "INSERT INTO stage_changes (customer_id, change_id, from_stage, stage, change_time)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])",
        &customers,
        &ids,
        &from as _,
        &to as _,
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The steps of a customer before one, the latest first.
pub(crate) async fn changes(
    connection: &mut PgConnection,
    customer: CustomerId,
    before: Uuid,
    limit: i64,
) -> Result<Vec<StageChange>, StoreError> {
    let rows = sqlx::query!(
        "SELECT change_id, from_stage, stage, change_time FROM stage_changes
         WHERE customer_id = $1 AND change_id < $2 ORDER BY change_id DESC LIMIT $3",
        customer.0,
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let changes = rows.into_iter().map(|row| {
        Ok(StageChange {
            id: row.change_id,
            customer,
            from: row.from_stage.as_deref().map(stage_named).transpose()?,
            to: row.stage.as_deref().map(stage_named).transpose()?,
            at: row.change_time.to_jiff(),
        })
    });
    changes.collect()
}

/// Where those went who entered a stage within a time.
pub(crate) async fn flows(
    connection: &mut PgConnection,
    (begin, end): (Timestamp, Timestamp),
) -> Result<Vec<Flow>, StoreError> {
    let rows = sqlx::query!(
        r#"WITH entered AS (
               SELECT change.stage, change.change_time, next.stage AS next_stage,
                   next.change_time AS next_time
               FROM stage_changes AS change LEFT JOIN LATERAL (
                   SELECT stage, change_time FROM stage_changes AS later
                   WHERE later.customer_id = change.customer_id
                       AND later.change_id > change.change_id
                   ORDER BY later.change_id LIMIT 1
               ) AS next ON true
               WHERE change.change_time >= $1 AND change.change_time < $2
                   AND change.stage IS NOT NULL
           )
           SELECT stage AS "stage!", next_stage, count(*) AS "count!",
               coalesce(extract(epoch FROM percentile_disc(0.5) WITHIN GROUP
                   (ORDER BY next_time - change_time)), 0)::bigint AS "median_seconds!"
           FROM entered GROUP BY stage, next_stage"#,
        begin.to_sqlx(),
        end.to_sqlx(),
    )
    .fetch_all(connection)
    .await?;
    let flows = rows.into_iter().map(|row| {
        Ok(Flow {
            stage: stage_named(&row.stage)?,
            next: row.next_stage.as_deref().map(stage_named).transpose()?,
            count: row.count,
            median_seconds: row.median_seconds,
        })
    });
    flows.collect()
}

const STAGES: [(Stage, &str); 8] = [
    (Stage::Lead, "lead"),
    (Stage::Prospect, "prospect"),
    (Stage::New, "new"),
    (Stage::Active, "active"),
    (Stage::Mature, "mature"),
    (Stage::Dormant, "dormant"),
    (Stage::Lost, "lost"),
    (Stage::WonBack, "won_back"),
];

fn stage_name(stage: Stage) -> &'static str {
    let known = STAGES.iter().find(|(known, _)| *known == stage);
    known.map_or("", |(_, name)| name)
}

fn stage_named(name: &str) -> Result<Stage, StoreError> {
    let known = STAGES.iter().find(|(_, known)| *known == name);
    known
        .map(|(stage, _)| *stage)
        .ok_or_else(|| corrupt("stage"))
}

fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::A => "a",
        Tier::B => "b",
        Tier::C => "c",
        Tier::D => "d",
    }
}

fn tier_named(name: &str) -> Result<Tier, StoreError> {
    match name {
        "a" => Ok(Tier::A),
        "b" => Ok(Tier::B),
        "c" => Ok(Tier::C),
        "d" => Ok(Tier::D),
        _ => Err(corrupt("tier")),
    }
}

fn corrupt(column: &'static str) -> StoreError {
    let table = "customer_ratings";
    CorruptRow { table, column }.into()
}
