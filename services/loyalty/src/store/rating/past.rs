//! What came before something: awards of rules, and purchases.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::keys::Keys;
use crate::domain::ledger::Points;
use crate::domain::program::RuleId;
use crate::domain::rating::{Interval, Moment, Orders, Used};
use crate::store::StoreError;

/// Asks what a rule has awarded a member in a period, before a moment.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) customer_id: Uuid,
    pub(crate) rule_id: RuleId,
    pub(crate) interval: Interval,
    pub(crate) before: &'a Moment,
}

/// What was awarded, question by question.
pub(crate) async fn used(
    db: &mut PgConnection,
    asked: &[Asked<'_>],
) -> Result<Vec<Used>, StoreError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let keys = Keys::of(asked.iter().map(|one| (one.customer_id, one.before)));
    let rules: Vec<&str> = asked.iter().map(|one| one.rule_id.as_str()).collect();
    let from = asked.iter().map(|one| one.interval.from.to_sqlx());
    let until = asked.iter().map(|one| one.interval.until.to_sqlx());
    let rows = sqlx::query!(
        r#"
        SELECT coalesce(sum(a.points), 0)::bigint AS "points!", count(a.points) AS "times!"
        FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[],
            $5::timestamptz[], $6::smallint[], $7::text[], $8::text[]) WITH ORDINALITY
            AS q(customer_id, rule_id, since, until, at, kind, activity_type, reference, place)
        LEFT JOIN rule_awards a ON a.customer_id = q.customer_id AND a.rule_id = q.rule_id
            AND a.happened_at >= q.since AND a.happened_at < q.until AND a.happened_at <= q.at
            AND (a.happened_at, a.kind, a.activity_type, a.reference)
                < (q.at, q.kind, q.activity_type COLLATE "C", q.reference COLLATE "C")
        GROUP BY q.place
        ORDER BY q.place
        "#,
        &keys.customers,
        &rules as _,
        &from.collect::<Vec<_>>() as _,
        &until.collect::<Vec<_>>() as _,
        &keys.instants as _,
        &keys.kinds,
        &keys.types as _,
        &keys.references as _,
    )
    .fetch_all(db)
    .await?;
    let used = rows.into_iter().map(|row| Used {
        points: Points::new(row.points),
        times: u64::try_from(row.times).unwrap_or_default(),
    });
    Ok(used.collect())
}

/// When rules awarded last before a moment, question by question.
pub(crate) async fn last_awards(
    db: &mut PgConnection,
    asked: &[(Uuid, RuleId, &Moment)],
) -> Result<Vec<Option<Timestamp>>, StoreError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let keys = Keys::of(
        asked
            .iter()
            .map(|(customer_id, _, before)| (*customer_id, *before)),
    );
    let rules: Vec<&str> = asked
        .iter()
        .map(|(_, rule_id, _)| rule_id.as_str())
        .collect();
    let rows = sqlx::query!(
        r#"
        SELECT last.happened_at AS "happened_at?"
        FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::smallint[], $5::text[],
            $6::text[]) WITH ORDINALITY
            AS q(customer_id, rule_id, at, kind, activity_type, reference, place)
        LEFT JOIN LATERAL (
            SELECT a.happened_at FROM rule_awards a
            WHERE a.customer_id = q.customer_id AND a.rule_id = q.rule_id
                AND a.happened_at <= q.at
                AND (a.happened_at, a.kind, a.activity_type, a.reference)
                    < (q.at, q.kind, q.activity_type COLLATE "C", q.reference COLLATE "C")
            ORDER BY a.happened_at DESC
            LIMIT 1
        ) AS last ON true
        ORDER BY q.place
        "#,
        &keys.customers,
        &rules as _,
        &keys.instants as _,
        &keys.kinds,
        &keys.types as _,
        &keys.references as _,
    )
    .fetch_all(db)
    .await?;
    let last = rows.into_iter();
    Ok(last
        .map(|row| row.happened_at.map(jiff_sqlx::Timestamp::to_jiff))
        .collect())
}

/// The purchases before moments, without those of which nothing is left; moment by moment.
pub(crate) async fn orders(
    db: &mut PgConnection,
    before: impl Iterator<Item = (Uuid, &Moment)>,
) -> Result<Vec<Orders>, StoreError> {
    let keys = Keys::of(before);
    if keys.customers.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"
        SELECT count(s.ordered_at) AS "count!", max(s.ordered_at) AS last_at
        FROM unnest($1::uuid[], $2::timestamptz[], $3::smallint[], $4::text[], $5::text[])
            WITH ORDINALITY AS q(customer_id, at, kind, activity_type, reference, place)
        LEFT JOIN sales s ON s.customer_id = q.customer_id AND s.counts AND s.ordered_at <= q.at
            AND (s.ordered_at, 2::smallint, '' COLLATE "C", s.order_id)
                < (q.at, q.kind, q.activity_type COLLATE "C", q.reference COLLATE "C")
        GROUP BY q.place
        ORDER BY q.place
        "#,
        &keys.customers,
        &keys.instants as _,
        &keys.kinds,
        &keys.types as _,
        &keys.references as _,
    )
    .fetch_all(db)
    .await?;
    let orders = rows.into_iter().map(|row| Orders {
        count: row.count,
        last_at: row.last_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(orders.collect())
}
