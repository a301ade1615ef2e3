//! Attributes: what they are defined as, what customers have, and what happened to it.

mod definitions;
mod imported;

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

pub(crate) use definitions::{all, count, get, list, lock, named, put};
pub(crate) use imported::{Before, Imported, imported};

use super::sealed::{Column, Sealed, Unreadable};
use super::{CorruptRow, Keys, StoreError, texts};
use crate::domain::attribute::definition::{Key, Kind};
use crate::domain::attribute::standing::Change;
use crate::domain::attribute::value::Value;
use crate::domain::ids::{CustomerId, ImportId};

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
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<HashMap<CustomerId, Vec<Kept>>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT customer_id, key, change_id, value, kind, k.master_id AS "master_id!",
               k.wrapped AS "wrapped!"
           FROM customer_attributes JOIN attributes USING (key)
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1)"#,
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
        let sealed = Sealed {
            customer_id: row.customer_id,
            key: Wrapped {
                master_id: row.master_id,
                bytes: row.wrapped,
            },
            bytes: &row.value,
        };
        let value = open_value(keyring, &sealed, row.change_id)?;
        let Column { table, column } = VALUE;
        let value = Value::read(&kind, &value).map_err(|_| CorruptRow { table, column })?;
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
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, change_id, key, value AS "value?", source, actor,
               set_time AS change_time, k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM customer_attributes
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1)"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    read(rows, keyring)
}

/// What happened under these ids before `before`, the latest first.
pub(crate) async fn changes(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, change_id, key, value, source, actor, change_time,
               k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM attribute_changes
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND change_id < $2
           ORDER BY change_id DESC LIMIT $3"#,
        homes,
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    read(rows, keyring)
}

/// Adds changes to the history, and keeps what they come to. Of one attribute of one id there is one at most.
pub(crate) async fn write(
    connection: &mut PgConnection,
    keys: &Keys,
    changes: &[Change],
) -> Result<(), StoreError> {
    write_imported(connection, keys, changes, &vec![None; changes.len()]).await
}

/// The same of what imports have set: beside each change the import.
pub(crate) async fn write_imported(
    connection: &mut PgConnection,
    keys: &Keys,
    changes: &[Change],
    imports: &[Option<ImportId>],
) -> Result<(), StoreError> {
    let imports: Vec<Option<Uuid>> = imports.iter().map(|id| id.map(|id| id.0)).collect();
    let homes: Vec<Uuid> = changes.iter().map(|it| it.home.0).collect();
    let ids: Vec<Uuid> = changes.iter().map(|it| it.id).collect();
    let seal = |change: &Change| {
        let value = change.value.as_ref();
        let seal = |value| keys.seal(change.home.0, VALUE, (change.id, FORM), value);
        value.map(seal).transpose()
    };
    let values: Vec<Option<Vec<u8>>> = changes.iter().map(seal).collect::<Result<_, _>>()?;
    let times: Vec<_> = changes.iter().map(|it| it.at.to_sqlx()).collect();
    sqlx::query!(
        "WITH changes AS (
             INSERT INTO attribute_changes
                 (customer_id, change_id, key, value, source, actor, change_time, import_id)
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::text[],
                                  $6::text[], $7::timestamptz[], $8::uuid[])
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
        &values as &[Option<Vec<u8>>],
        &texts(changes, |it| &it.source) as &[&str],
        &texts(changes, |it| &it.actor) as &[&str],
        &times,
        &imports as &[Option<Uuid>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct ChangeRow {
    customer_id: Uuid,
    change_id: Uuid,
    key: String,
    value: Option<Vec<u8>>,
    source: String,
    actor: String,
    change_time: Timestamp,
    master_id: String,
    wrapped: Vec<u8>,
}

/// Where values are sealed. What a change has set stands in both tables, and is the same in both.
const VALUE: Column = Column {
    table: "attribute_changes",
    column: "value",
};
/// Of what is sealed.
const FORM: i64 = 1;

/// The value that a change has set.
pub(super) fn open_value(
    keyring: &Keyring,
    sealed: &Sealed<'_>,
    change_id: Uuid,
) -> Result<String, Unreadable> {
    sealed.open(keyring, VALUE, (change_id, FORM))
}

fn read(rows: Vec<ChangeRow>, keyring: &Keyring) -> Result<Vec<Change>, StoreError> {
    let rows = rows.into_iter();
    rows.map(|row| row.into_domain(keyring)).collect()
}

impl ChangeRow {
    fn into_domain(self, keyring: &Keyring) -> Result<Change, StoreError> {
        let key = Wrapped {
            master_id: self.master_id,
            bytes: self.wrapped,
        };
        let value = match &self.value {
            None => None,
            Some(bytes) => {
                let sealed = Sealed {
                    customer_id: self.customer_id,
                    key,
                    bytes,
                };
                Some(open_value(keyring, &sealed, self.change_id)?)
            }
        };
        Ok(Change {
            id: self.change_id,
            home: CustomerId(self.customer_id),
            key: Key(self.key),
            value,
            source: self.source,
            actor: self.actor,
            at: self.change_time,
        })
    }
}
