//! Tables, and the rows of a person.

use std::collections::BTreeMap;

use postgres::DatabaseError;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

use crate::shape::Kind;

/// Rows that are read together: what is held in memory.
const PAGE: i64 = 100;

/// A table as the schema has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// Types by column.
    pub(crate) columns: BTreeMap<String, String>,
    /// The primary key.
    pub(crate) key: BTreeMap<i32, String>,
}

/// A row, and its place in the order of the primary key.
pub(crate) type Found = (Value, Vec<String>);

/// All tables of the service. Partitions are their parents' part.
pub(crate) async fn tables(db: &PgPool) -> Result<Vec<Table>, DatabaseError> {
    // Not checked when it is compiled: this library has no schema of its own.
    let columns: Vec<(String, String, String, Option<i32>)> = sqlx::query_as(
        "SELECT c.relname::text, a.attname::text, a.atttypid::regtype::text,
             array_position(string_to_array(i.indkey::text, ' ')::integer[], a.attnum::integer)
         FROM pg_class AS c
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT c.relispartition
         ORDER BY c.relname, a.attnum",
    )
    .fetch_all(db)
    .await?;
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (table, column, kind, place) in columns {
        let entry = tables.entry(table.clone()).or_default();
        entry.name = table;
        if let Some(place) = place {
            entry.key.insert(place, column.clone());
        }
        entry.columns.insert(column, kind);
    }
    Ok(tables.into_values().collect())
}

/// The next rows of the person after a place; none at the end.
pub(crate) async fn rows(
    db: &PgPool,
    table: &Table,
    kind: &Kind,
    ids: &[Uuid],
    after: &[String],
) -> Result<Vec<Found>, DatabaseError> {
    let found = sqlx::query_as(AssertSqlSafe(table.query(kind)))
        .bind(ids)
        .bind(after.is_empty())
        .bind(after)
        .bind(PAGE)
        .fetch_all(db)
        .await?;
    Ok(found)
}

impl Table {
    /// Names come from the schema and are quoted; values are bound.
    fn query(&self, kind: &Kind) -> String {
        let columns: Vec<String> = self.key.values().map(|name| quoted(name)).collect();
        let list = |write: &dyn Fn(usize, &str) -> String| {
            let written = columns.iter().enumerate();
            let written: Vec<_> = written.map(|(at, name)| write(at, name)).collect();
            written.join(", ")
        };
        let types: Vec<&str> = self
            .key
            .values()
            .map(|name| self.columns.get(name).map_or("text", String::as_str))
            .collect();
        let texts = list(&|_, name| format!("t.{name}::text"));
        let names = list(&|_, name| format!("t.{name}"));
        let place = list(&|at, _| {
            let kind = types.get(at).copied().unwrap_or("text");
            format!("($3::text[])[{}]::{kind}", at + 1)
        });
        let besides = match kind.besides {
            "" => String::new(),
            expression => format!(" || {expression}"),
        };
        let (table, belongs) = (quoted(&self.name), kind.belongs);
        format!(
            "SELECT to_jsonb(t){besides}, ARRAY[{texts}] FROM {table} AS t
             WHERE ({belongs}) AND ($2 OR ({names}) > ({place})) ORDER BY {names} LIMIT $4"
        )
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
