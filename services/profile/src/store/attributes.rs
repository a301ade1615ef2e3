//! Attributes: what they are defined as, what customers have, and what happened to it.

mod definitions;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

pub(crate) use definitions::{all, count, get, list, lock, named, put};

use super::{CorruptRow, StoreError, texts};
use crate::domain::attribute::definition::{Key, Kind};
use crate::domain::attribute::standing::Change;
use crate::domain::attribute::value::Value;
use crate::domain::ids::CustomerId;

/// A value that is kept, and by which change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) key: String,
    pub(crate) change: Uuid,
    pub(crate) value: Value,
}

/// What is kept under these ids, read as what it says.
pub(crate) async fn of(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<HashMap<CustomerId, Vec<Kept>>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, key, change_id, value, kind FROM customer_attributes
         JOIN attributes USING (key) WHERE customer_id = ANY ($1)",
        homes,
    )
    .fetch_all(connection)
    .await?;
    let mut kept: HashMap<CustomerId, Vec<Kept>> = HashMap::new();
    for row in rows {
        // Choices are only added: what was one is one.
        let kind = definitions::kind_named(&row.kind, Vec::new())?;
        let kind = if matches!(kind, Kind::Choice(_)) {
            Kind::Text
        } else {
            kind
        };
        let (table, column) = ("customer_attributes", "value");
        let value = Value::read(&kind, &row.value).map_err(|_| CorruptRow { table, column })?;
        kept.entry(CustomerId(row.customer_id))
            .or_default()
            .push(Kept {
                key: row.key,
                change: row.change_id,
                value,
            });
    }
    Ok(kept)
}

/// What is kept under these ids, as it is written.
pub(crate) async fn kept(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, change_id, key, value AS "value?", source, actor,
               set_time AS change_time
           FROM customer_attributes WHERE customer_id = ANY ($1)"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ChangeRow::into_domain).collect())
}

/// What happened under these ids before `before`, the latest first.
pub(crate) async fn changes(
    connection: &mut PgConnection,
    homes: &[Uuid],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        "SELECT customer_id, change_id, key, value, source, actor, change_time
         FROM attribute_changes WHERE customer_id = ANY ($1) AND change_id < $2
         ORDER BY change_id DESC LIMIT $3",
        homes,
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(ChangeRow::into_domain).collect())
}

/// Adds changes to the history, and keeps what they come to. Of one attribute of one id there is one at most.
pub(crate) async fn write(
    connection: &mut PgConnection,
    changes: &[Change],
) -> Result<(), StoreError> {
    let homes: Vec<Uuid> = changes.iter().map(|it| it.home.0).collect();
    let ids: Vec<Uuid> = changes.iter().map(|it| it.id).collect();
    let values: Vec<Option<String>> = changes.iter().map(|it| it.value.clone()).collect();
    let times: Vec<_> = changes.iter().map(|it| it.at.to_sqlx()).collect();
    sqlx::query!(
        "WITH changes AS (
             INSERT INTO attribute_changes
                 (customer_id, change_id, key, value, source, actor, change_time)
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[],
                                  $6::text[], $7::timestamptz[])
             RETURNING *
         ), cleared AS (
             DELETE FROM customer_attributes AS kept USING changes
             WHERE kept.customer_id = changes.customer_id AND kept.key = changes.key
                 AND changes.value IS NULL
         )
         INSERT INTO customer_attributes
             (customer_id, key, change_id, value, source, actor, set_time)
         SELECT customer_id, key, change_id, value, source, actor, change_time
         FROM changes WHERE value IS NOT NULL
         ON CONFLICT (customer_id, key) DO UPDATE SET
             change_id = excluded.change_id, value = excluded.value, source = excluded.source,
             actor = excluded.actor, set_time = excluded.set_time",
        &homes,
        &ids,
        &texts(changes, |it| &it.key.0) as &[&str],
        &values as &[Option<String>],
        &texts(changes, |it| &it.source) as &[&str],
        &texts(changes, |it| &it.actor) as &[&str],
        &times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct ChangeRow {
    customer_id: Uuid,
    change_id: Uuid,
    key: String,
    value: Option<String>,
    source: String,
    actor: String,
    change_time: Timestamp,
}

impl ChangeRow {
    fn into_domain(self) -> Change {
        Change {
            id: self.change_id,
            home: CustomerId(self.customer_id),
            key: Key(self.key),
            value: self.value,
            source: self.source,
            actor: self.actor,
            at: self.change_time,
        }
    }
}
