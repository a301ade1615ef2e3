//! What purchases and acts earn.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::documents::{AwardDocument, HoldingDocument, SnapshotDocument, read, write, write_all};
use super::keys::{Key, Keys, source};
use crate::domain::ledger::Points;
use crate::domain::program::{ProgramId, RuleId};
use crate::domain::rating::Moment;
use crate::domain::sales::Earnings;
use crate::store::StoreError;

/// What something earns.
#[derive(Clone, Debug)]
pub(crate) struct Rated {
    pub(crate) customer_id: Uuid,
    pub(crate) moment: Moment,
    pub(crate) earnings: Earnings,
}

struct Row {
    customer_id: Uuid,
    kind: i16,
    activity_type: String,
    reference: String,
    happened_at: jiff_sqlx::Timestamp,
    program_id: String,
    program_version: i64,
    snapshot: Value,
    looks_back: bool,
    awards: Value,
    holdings: Value,
}

impl TryFrom<Row> for Rated {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let awards: Vec<AwardDocument> = read(row.awards)?;
        let holdings: Vec<HoldingDocument> = read(row.holdings)?;
        let awards = awards.into_iter().map(TryInto::try_into);
        let holdings = holdings.into_iter().map(TryInto::try_into);
        Ok(Self {
            customer_id: row.customer_id,
            moment: Moment {
                at: row.happened_at.to_jiff(),
                source: source(row.kind, row.activity_type, row.reference),
            },
            earnings: Earnings {
                program_id: ProgramId::new(&row.program_id),
                program_version: row.program_version,
                snapshot: read::<SnapshotDocument>(row.snapshot)?.into(),
                looks_back: row.looks_back,
                awards: awards.collect::<Result<_, StoreError>>()?,
                holdings: holdings.collect::<Result<_, StoreError>>()?,
            },
        })
    }
}

/// The ratings of these, where there are any. To change them their members must be locked.
pub(crate) async fn of_keys(
    db: impl sqlx::PgExecutor<'_>,
    keys: &Keys<'_>,
) -> Result<HashMap<Key, Rated>, StoreError> {
    if keys.customers.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT r.customer_id, r.kind, r.activity_type, r.reference, r.happened_at, r.program_id,
            r.program_version, r.snapshot, r.looks_back, r.awards, r.holdings
        FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[])
            AS asked(customer_id, kind, activity_type, reference)
        JOIN ratings r USING (customer_id, kind, activity_type, reference)
        "#,
        &keys.customers,
        &keys.kinds,
        &keys.types as _,
        &keys.references as _,
    )
    .fetch_all(db)
    .await?;
    let rated = rows.into_iter().map(|row| {
        let rated = Rated::try_from(row)?;
        let key = Key {
            customer_id: rated.customer_id,
            source: rated.moment.source.clone(),
        };
        Ok((key, rated))
    });
    rated.collect()
}

/// Ratings that come after one of these of the same member and look back, in their order; of each
/// member at most `limit`.
pub(crate) async fn looking_back(
    db: &mut PgConnection,
    after: &Keys<'_>,
    limit: i64,
) -> Result<Vec<Rated>, StoreError> {
    if after.customers.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT r.customer_id AS "customer_id!", r.kind AS "kind!",
            r.activity_type AS "activity_type!", r.reference AS "reference!",
            r.happened_at AS "happened_at!: _", r.program_id AS "program_id!",
            r.program_version AS "program_version!", r.snapshot AS "snapshot!",
            r.looks_back AS "looks_back!", r.awards AS "awards!", r.holdings AS "holdings!"
        FROM unnest($1::uuid[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[])
            AS f(customer_id, at, kind, activity_type, reference)
        CROSS JOIN LATERAL (
            SELECT * FROM ratings r
            WHERE r.customer_id = f.customer_id AND r.looks_back AND r.happened_at >= f.at
                AND (r.happened_at, r.kind, r.activity_type, r.reference)
                    > (f.at, f.kind, f.activity_type COLLATE "C", f.reference COLLATE "C")
            ORDER BY r.happened_at, r.kind, r.activity_type, r.reference
            LIMIT $6
        ) AS r
        "#,
        &after.customers,
        &after.instants as _,
        &after.kinds,
        &after.types as _,
        &after.references as _,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Rated::try_from).collect()
}

/// Writes ratings, each for the first time or anew.
pub(crate) async fn keep(
    db: &mut PgConnection,
    rated: &[Rated],
    now: Timestamp,
) -> Result<(), StoreError> {
    if rated.is_empty() {
        return Ok(());
    }
    let keys = Keys::of(rated.iter().map(|one| (one.customer_id, &one.moment)));
    let earnings = || rated.iter().map(|one| &one.earnings);
    let programs: Vec<&str> = earnings().map(|one| one.program_id.as_str()).collect();
    let snapshots = earnings().map(|one| write(&SnapshotDocument::from(&one.snapshot)));
    let awards = earnings().map(|one| write_all::<_, AwardDocument>(&one.awards));
    let holdings = earnings().map(|one| write_all::<_, HoldingDocument>(&one.holdings));
    sqlx::query!(
        r#"
        INSERT INTO ratings (customer_id, kind, activity_type, reference, happened_at, program_id,
            program_version, snapshot, looks_back, awards, holdings, rated_at)
        SELECT *, $12::timestamptz FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[],
            $5::timestamptz[], $6::text[], $7::bigint[], $8::jsonb[], $9::boolean[], $10::jsonb[],
            $11::jsonb[])
        ON CONFLICT (customer_id, kind, activity_type, reference) DO UPDATE SET
            program_version = excluded.program_version, looks_back = excluded.looks_back,
            awards = excluded.awards, holdings = excluded.holdings, rated_at = excluded.rated_at
        "#,
        &keys.customers,
        &keys.kinds,
        &keys.types as _,
        &keys.references as _,
        &keys.instants as _,
        &programs as _,
        &earnings()
            .map(|one| one.program_version)
            .collect::<Vec<_>>(),
        &snapshots.collect::<Result<Vec<Value>, _>>()?,
        &earnings().map(|one| one.looks_back).collect::<Vec<_>>(),
        &awards.collect::<Result<Vec<Value>, _>>()?,
        &holdings.collect::<Result<Vec<Value>, _>>()?,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Awards of rules, which caps and cool-downs look at.
#[derive(Default)]
pub(crate) struct Awards<'a> {
    keys: Keys<'a>,
    rules: Vec<&'a str>,
    points: Vec<i64>,
}

impl<'a> Awards<'a> {
    /// Adds what something is awarded by a rule.
    pub(crate) fn push(
        &mut self,
        customer_id: Uuid,
        moment: &'a Moment,
        (rule_id, points): (&'a RuleId, Points),
    ) {
        self.keys.push(customer_id, &moment.source, moment.at);
        self.rules.push(rule_id.as_str());
        self.points.push(points.get());
    }
}

/// Forgets awards, which others are about to stand for.
pub(crate) async fn forget_awards(
    db: &mut PgConnection,
    awards: &Awards<'_>,
) -> Result<(), StoreError> {
    if awards.rules.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        DELETE FROM rule_awards a
        USING unnest($1::uuid[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[],
            $6::text[]) AS old(customer_id, at, kind, activity_type, reference, rule_id)
        WHERE a.customer_id = old.customer_id AND a.rule_id = old.rule_id
            AND a.happened_at = old.at AND a.kind = old.kind
            AND a.activity_type = old.activity_type AND a.reference = old.reference
        "#,
        &awards.keys.customers,
        &awards.keys.instants as _,
        &awards.keys.kinds,
        &awards.keys.types as _,
        &awards.keys.references as _,
        &awards.rules as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps awards.
pub(crate) async fn keep_awards(
    db: &mut PgConnection,
    awards: &Awards<'_>,
) -> Result<(), StoreError> {
    if awards.rules.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        INSERT INTO rule_awards (customer_id, happened_at, kind, activity_type, reference, rule_id,
            points)
        SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[],
            $6::text[], $7::bigint[])
        "#,
        &awards.keys.customers,
        &awards.keys.instants as _,
        &awards.keys.kinds,
        &awards.keys.types as _,
        &awards.keys.references as _,
        &awards.rules as _,
        &awards.points,
    )
    .execute(db)
    .await?;
    Ok(())
}
