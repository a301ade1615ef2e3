//! What attributes are defined as.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use crate::domain::attribute::definition::{Attribute, Definition, Key, Kind, Sensitivity};
use crate::store::{CorruptRow, StoreError};

/// Serializes changes of definitions, which are few, so that no more are made than may be.
pub(crate) async fn lock(connection: &mut PgConnection) -> Result<(), StoreError> {
    // Any number will do that nobody else takes in this database.
    sqlx::query!("SELECT pg_advisory_xact_lock(736765674)")
        .execute(connection)
        .await?;
    Ok(())
}

/// Reads one.
pub(crate) async fn get(
    connection: &mut PgConnection,
    key: &Key,
) -> Result<Option<Attribute>, StoreError> {
    let found = named(connection, &[key.0.as_str()]).await?;
    Ok(found.into_iter().next())
}

/// Reads those of these keys that there are.
pub(crate) async fn named(
    connection: &mut PgConnection,
    keys: &[&str],
) -> Result<Vec<Attribute>, StoreError> {
    let rows = sqlx::query_as!(
        AttributeRow,
        "SELECT key, version, kind, choices, sensitivity, display_name, description, archived,
             create_time, update_time
         FROM attributes WHERE key = ANY ($1)",
        keys as &[&str],
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(AttributeRow::into_domain).collect()
}

/// Reads all of them: there are never many.
pub(crate) async fn all(connection: &mut PgConnection) -> Result<Vec<Attribute>, StoreError> {
    list(connection, ("", true), i64::MAX).await
}

/// Reads those after one, in the order of their keys.
pub(crate) async fn list(
    connection: &mut PgConnection,
    (after, with_archived): (&str, bool),
    limit: i64,
) -> Result<Vec<Attribute>, StoreError> {
    let rows = sqlx::query_as!(
        AttributeRow,
        "SELECT key, version, kind, choices, sensitivity, display_name, description, archived,
             create_time, update_time
         FROM attributes WHERE key > $1 AND (NOT archived OR $2) ORDER BY key LIMIT $3",
        after,
        with_archived,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(AttributeRow::into_domain).collect()
}

/// How many there are, archived ones among them.
pub(crate) async fn count(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM attributes"#);
    Ok(count.fetch_one(connection).await?)
}

/// Writes an attribute, new or changed.
pub(crate) async fn put(
    connection: &mut PgConnection,
    attribute: &Attribute,
) -> Result<(), StoreError> {
    let definition = &attribute.definition;
    let choices: &[String] = match &definition.kind {
        Kind::Choice(choices) => choices,
        _ => &[],
    };
    sqlx::query!(
        "INSERT INTO attributes (key, version, kind, choices, sensitivity, display_name, description,
                                 archived, create_time, update_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (key) DO UPDATE SET
             version = excluded.version, choices = excluded.choices,
             sensitivity = excluded.sensitivity, display_name = excluded.display_name,
             description = excluded.description, archived = excluded.archived,
             update_time = excluded.update_time",
        attribute.key.0,
        attribute.version,
        kind_name(&definition.kind),
        choices,
        sensitivity_name(definition.sensitivity),
        definition.display_name,
        definition.description,
        attribute.archived,
        attribute.create_time.to_sqlx(),
        attribute.update_time.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn kind_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Integer => "integer",
        Kind::Boolean => "boolean",
        Kind::Date => "date",
        Kind::Timestamp => "timestamp",
        Kind::Choice(_) => "choice",
    }
}

pub(super) fn kind_named(name: &str, choices: Vec<String>) -> Result<Kind, StoreError> {
    match name {
        "text" => Ok(Kind::Text),
        "integer" => Ok(Kind::Integer),
        "boolean" => Ok(Kind::Boolean),
        "date" => Ok(Kind::Date),
        "timestamp" => Ok(Kind::Timestamp),
        "choice" => Ok(Kind::Choice(choices)),
        _ => Err(corrupt("kind")),
    }
}

fn sensitivity_name(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::None => "none",
        Sensitivity::Contact => "contact",
        Sensitivity::Personal => "personal",
        Sensitivity::Sensitive => "sensitive",
        Sensitivity::FreeText => "free_text",
    }
}

fn sensitivity_named(name: &str) -> Result<Sensitivity, StoreError> {
    match name {
        "none" => Ok(Sensitivity::None),
        "contact" => Ok(Sensitivity::Contact),
        "personal" => Ok(Sensitivity::Personal),
        "sensitive" => Ok(Sensitivity::Sensitive),
        "free_text" => Ok(Sensitivity::FreeText),
        _ => Err(corrupt("sensitivity")),
    }
}

fn corrupt(column: &'static str) -> StoreError {
    let table = "attributes";
    CorruptRow { table, column }.into()
}

struct AttributeRow {
    key: String,
    version: i64,
    kind: String,
    choices: Vec<String>,
    sensitivity: String,
    display_name: String,
    description: String,
    archived: bool,
    create_time: Timestamp,
    update_time: Timestamp,
}

impl AttributeRow {
    fn into_domain(self) -> Result<Attribute, StoreError> {
        Ok(Attribute {
            key: Key(self.key),
            version: self.version,
            definition: Definition {
                kind: kind_named(&self.kind, self.choices)?,
                sensitivity: sensitivity_named(&self.sensitivity)?,
                display_name: self.display_name,
                description: self.description,
            },
            archived: self.archived,
            create_time: self.create_time,
            update_time: self.update_time,
        })
    }
}
