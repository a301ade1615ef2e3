//! What could not be rated.

use access::Reach;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::keys::{Key, Keys, columns, source};
use crate::domain::program::{ProgramId, RuleId};
use crate::domain::sales::Fault;
use crate::store::StoreError;
use crate::store::numbers::Numbered;

/// Why something is parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A condition has no value.
    Condition,
    /// An award does not fit.
    Overflow,
    /// Too much came after it to rate at once.
    TooMuchAfter,
}

impl Numbered for Reason {
    const WHAT: &'static str = "reason to park";
    const ALL: &'static [Self] = &[Self::Condition, Self::Overflow, Self::TooMuchAfter];
}

/// Something that could not be rated.
#[derive(Clone, Debug)]
pub(crate) struct Parked {
    pub(crate) key: Key,
    pub(crate) fault: Fault,
    pub(crate) program_id: ProgramId,
    /// The version in force when it was tried last.
    pub(crate) tried_version: i64,
    pub(crate) parked_at: Timestamp,
    pub(crate) attempts: i32,
}

fn fault_columns(fault: &Fault) -> (Reason, &str, &str) {
    match fault {
        Fault::Condition { rule_id, detail } => (Reason::Condition, rule_id.as_str(), detail),
        Fault::Overflow { rule_id } => (Reason::Overflow, rule_id.as_str(), ""),
        Fault::TooMuchAfter => (Reason::TooMuchAfter, "", ""),
    }
}

fn fault(reason: Reason, rule_id: &str, detail: String) -> Fault {
    let rule_id = RuleId::new(rule_id);
    match reason {
        Reason::Condition => Fault::Condition { rule_id, detail },
        Reason::Overflow => Fault::Overflow { rule_id },
        Reason::TooMuchAfter => Fault::TooMuchAfter,
    }
}

/// Parks something, or notes that it was tried in vain again.
pub(crate) async fn park(db: &mut PgConnection, parked: &Parked) -> Result<(), StoreError> {
    let (kind, activity_type, reference) = columns(&parked.key.source);
    let (reason, rule_id, detail) = fault_columns(&parked.fault);
    sqlx::query!(
        r#"
        INSERT INTO parked_ratings AS p (customer_id, kind, activity_type, reference, reason,
            rule_id, detail, program_id, tried_version, parked_at, attempts)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)
        ON CONFLICT (customer_id, kind, activity_type, reference) DO UPDATE SET
            reason = excluded.reason, rule_id = excluded.rule_id, detail = excluded.detail,
            tried_version = excluded.tried_version, attempts = p.attempts + 1
        "#,
        parked.key.customer_id,
        kind,
        activity_type,
        reference,
        reason.number(),
        rule_id,
        detail,
        parked.program_id.as_str(),
        parked.tried_version,
        parked.parked_at.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes those that could be rated off the list.
pub(crate) async fn release(db: &mut PgConnection, keys: &Keys<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        DELETE FROM parked_ratings p
        USING unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[])
            AS done(customer_id, kind, activity_type, reference)
        WHERE p.customer_id = done.customer_id AND p.kind = done.kind
            AND p.activity_type = done.activity_type AND p.reference = done.reference
        "#,
        &keys.customers,
        &keys.kinds,
        &keys.types as _,
        &keys.references as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// How many are parked.
pub(crate) async fn count(db: impl PgExecutor<'_>) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM parked_ratings"#);
    Ok(count.fetch_one(db).await?)
}

struct Row {
    customer_id: Uuid,
    kind: i16,
    activity_type: String,
    reference: String,
    reason: i16,
    rule_id: String,
    detail: String,
    program_id: String,
    tried_version: i64,
    parked_at: jiff_sqlx::Timestamp,
    attempts: i32,
}

impl TryFrom<Row> for Parked {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let reason = Reason::named(row.reason)?;
        Ok(Self {
            key: Key {
                customer_id: row.customer_id,
                source: source(row.kind, row.activity_type, row.reference),
            },
            fault: fault(reason, &row.rule_id, row.detail),
            program_id: ProgramId::new(&row.program_id),
            tried_version: row.tried_version,
            parked_at: row.parked_at.to_jiff(),
            attempts: row.attempts,
        })
    }
}

/// What is parked of one purchase or act.
pub(crate) async fn find(db: impl PgExecutor<'_>, key: &Key) -> Result<Option<Parked>, StoreError> {
    let (kind, activity_type, reference) = columns(&key.source);
    let row = sqlx::query_as!(
        Row,
        r#"
        SELECT customer_id, kind, activity_type, reference, reason, rule_id, detail, program_id,
            tried_version, parked_at, attempts
        FROM parked_ratings
        WHERE customer_id = $1 AND kind = $2 AND activity_type = $3 AND reference = $4
        "#,
        key.customer_id,
        kind,
        activity_type,
        reference,
    )
    .fetch_optional(db)
    .await?;
    row.map(Parked::try_from).transpose()
}

/// What is parked, the oldest first, after these.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    after: Option<(Timestamp, &Key)>,
    limit: i64,
) -> Result<Vec<Parked>, StoreError> {
    let at = after.map(|(at, _)| at.to_sqlx());
    let customer_id = after.map(|(_, key)| key.customer_id);
    let key = after.map(|(_, key)| columns(&key.source));
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT customer_id, kind, activity_type, reference, reason, rule_id, detail, program_id,
            tried_version, parked_at, attempts
        FROM parked_ratings
        WHERE $1::timestamptz IS NULL
            OR (parked_at, customer_id, kind, activity_type, reference)
                > ($1, $2, $3, $4 COLLATE "C", $5 COLLATE "C")
        ORDER BY parked_at, customer_id, kind, activity_type, reference
        LIMIT $6
        "#,
        at as _,
        customer_id,
        key.map(|(kind, _, _)| kind),
        key.map(|(_, activity_type, _)| activity_type),
        key.map(|(_, _, reference)| reference),
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Parked::try_from).collect()
}

/// The same of the members of some regions and brands, as far as that was heard.
pub(crate) async fn page_within(
    db: impl PgExecutor<'_>,
    reach: &Reach,
    after: Option<(Timestamp, &Key)>,
    limit: i64,
) -> Result<Vec<Parked>, StoreError> {
    let at = after.map(|(at, _)| at.to_sqlx());
    let customer_id = after.map(|(_, key)| key.customer_id);
    let key = after.map(|(_, key)| columns(&key.source));
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT customer_id, kind, activity_type, reference, reason, rule_id, detail, program_id,
            tried_version, parked_at, attempts
        FROM parked_ratings JOIN person_places USING (customer_id)
        WHERE ($7::text[] IS NULL OR region_code = ANY ($7))
            AND ($8::text[] IS NULL OR brand = ANY ($8))
            AND ($1::timestamptz IS NULL
                OR (parked_at, customer_id, kind, activity_type, reference)
                    > ($1, $2, $3, $4 COLLATE "C", $5 COLLATE "C"))
        ORDER BY parked_at, customer_id, kind, activity_type, reference
        LIMIT $6
        "#,
        at as _,
        customer_id,
        key.map(|(kind, _, _)| kind),
        key.map(|(_, activity_type, _)| activity_type),
        key.map(|(_, _, reference)| reference),
        limit,
        reach.regions() as _,
        reach.brands() as _,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Parked::try_from).collect()
}
