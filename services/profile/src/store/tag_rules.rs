//! Rules that give tags, and of whom their conditions hold.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{StoreError, texts};
use crate::domain::ids::CustomerId;
use crate::domain::segment::definition::SegmentId;
use crate::domain::tag_rule::{Definition, RuleId, TagRule};

/// What sweeps call a rule. No segment can have such an id.
pub(crate) fn sweep_of(id: &RuleId) -> SegmentId {
    SegmentId(format!("*tag_rule:{}", id.0))
}

/// Serializes changes of rules, which are few, so that no more are made than may be.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    // Any number will do that nobody else takes in this database.
    sqlx::query!("SELECT pg_advisory_xact_lock(736765675)")
        .execute(connection)
        .await?;
    Ok(())
}

/// Reads one.
pub(crate) async fn get(
    connection: &mut PgConnection,
    id: &RuleId,
) -> Result<Option<TagRule>, StoreError> {
    let row = sqlx::query_as!(
        RuleRow,
        r#"SELECT rule_id, version, tag, condition, reason, archived,
               EXISTS (SELECT FROM segment_sweeps WHERE segment_id = '*tag_rule:' || rule_id)
                   AS "evaluating!",
               create_time, update_time
           FROM tag_rules WHERE rule_id = $1"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(RuleRow::into_domain))
}

/// Reads those after one, in the order of their ids.
pub(crate) async fn list(
    connection: &mut PgConnection,
    (after, with_archived): (&str, bool),
    limit: i64,
) -> Result<Vec<TagRule>, StoreError> {
    let rows = sqlx::query_as!(
        RuleRow,
        r#"SELECT rule_id, version, tag, condition, reason, archived,
               EXISTS (SELECT FROM segment_sweeps WHERE segment_id = '*tag_rule:' || rule_id)
                   AS "evaluating!",
               create_time, update_time
           FROM tag_rules WHERE rule_id > $1 AND (NOT archived OR $2)
           ORDER BY rule_id LIMIT $3"#,
        after,
        with_archived,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(RuleRow::into_domain).collect())
}

/// How many are in use.
pub(crate) async fn count(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let count =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM tag_rules WHERE NOT archived"#);
    Ok(count.fetch_one(connection).await?)
}

/// Writes a rule, new or changed.
pub(crate) async fn put(connection: &mut PgConnection, rule: &TagRule) -> Result<(), StoreError> {
    let definition = &rule.definition;
    sqlx::query!(
        "INSERT INTO tag_rules (rule_id, version, tag, condition, reason, archived, create_time,
                                update_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (rule_id) DO UPDATE SET
             version = excluded.version, condition = excluded.condition, reason = excluded.reason,
             archived = excluded.archived, update_time = excluded.update_time",
        rule.id.0,
        rule.version,
        definition.tag,
        definition.condition,
        definition.reason,
        rule.archived,
        rule.create_time.to_sqlx(),
        rule.update_time.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Of these customers, whose conditions hold.
pub(crate) async fn members(
    connection: &mut PgConnection,
    customers: &[Uuid],
) -> Result<BTreeMap<CustomerId, BTreeSet<RuleId>>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, rule_id FROM tag_rule_members WHERE customer_id = ANY ($1)",
        customers,
    )
    .fetch_all(connection)
    .await?;
    let mut members: BTreeMap<CustomerId, BTreeSet<RuleId>> = BTreeMap::new();
    for row in rows {
        let of_customer = members.entry(CustomerId(row.customer_id)).or_default();
        of_customer.insert(RuleId(row.rule_id));
    }
    Ok(members)
}

/// Writes of whom conditions hold from now on, and of whom no longer.
pub(crate) async fn change_members(
    connection: &mut PgConnection,
    entered: &[(CustomerId, RuleId)],
    left: &[(CustomerId, RuleId)],
) -> Result<(), StoreError> {
    let customers = |pairs: &[(CustomerId, RuleId)]| -> Vec<Uuid> {
        pairs.iter().map(|(customer, _)| customer.0).collect()
    };
    sqlx::query!(
        "WITH gone AS (
             DELETE FROM tag_rule_members AS known
             USING unnest($3::uuid[], $4::text[]) AS gone (customer_id, rule_id)
             WHERE known.customer_id = gone.customer_id AND known.rule_id = gone.rule_id
         )
         INSERT INTO tag_rule_members (customer_id, rule_id)
         SELECT * FROM unnest($1::uuid[], $2::text[])",
        &customers(entered),
        &texts(entered, |(_, rule)| &rule.0) as &[&str],
        &customers(left),
        &texts(left, |(_, rule)| &rule.0) as &[&str],
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct RuleRow {
    rule_id: String,
    version: i64,
    tag: String,
    condition: String,
    reason: String,
    archived: bool,
    evaluating: bool,
    create_time: Timestamp,
    update_time: Timestamp,
}

impl RuleRow {
    fn into_domain(self) -> TagRule {
        TagRule {
            id: RuleId(self.rule_id),
            version: self.version,
            definition: Definition {
                tag: self.tag,
                condition: self.condition,
                reason: self.reason,
            },
            archived: self.archived,
            evaluating: self.evaluating,
            create_time: self.create_time,
            update_time: self.update_time,
        }
    }
}
