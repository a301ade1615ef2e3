//! Attributes: what they are defined as, what customers have, and what happened to it.

mod definitions;
mod imported;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

pub(crate) use definitions::{all, count, get, list, lock, named, put};
pub(crate) use imported::{Imported, imported, stand_again};

use super::sealed::{Column, Sealed, Unreadable};
use super::{CorruptRow, Keys, StoreError, texts};
use crate::domain::attribute::definition::{Key, Kind};
use crate::domain::attribute::standing::Change;
use crate::domain::attribute::value::Value;
use crate::domain::ids::{CustomerId, ImportId};

/// Something that is kept, read as what it says; `None`: that it was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) said: Change,
    pub(crate) value: Option<Value>,
}

/// What is kept that was said for these ids, read as what it says. They may be several people's: what was cleared for one
/// of them of another's is so only of who is one person.
pub(crate) async fn of(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<Vec<Kept>, StoreError> {
    let rows = read_kept(connection, homes).await?;
    let rows = rows.into_iter().map(|row| row.read(keyring));
    rows.collect()
}

/// The same as it is written.
pub(crate) async fn kept(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
) -> Result<Vec<Change>, StoreError> {
    let rows = read_kept(connection, homes).await?;
    let rows = rows.into_iter().map(|row| row.into_domain(keyring));
    rows.collect()
}

async fn read_kept(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<KeptRow>, StoreError> {
    let rows = sqlx::query_as!(
        KeptRow,
        r#"SELECT customer_id AS "customer_id!", stood_under, change_id AS "change_id!",
               key AS "key!", value AS "value?", kind, source AS "source!", actor AS "actor!",
               change_time AS "change_time!", k.master_id AS "master_id!",
               k.wrapped AS "wrapped!"
           FROM (
               SELECT customer_id, NULL::uuid AS stood_under, change_id, key, value, source, actor,
                      set_time AS change_time
               FROM customer_attributes WHERE customer_id = ANY ($1)
               UNION ALL
               SELECT customer_id, stood_under, change_id, key, value, source, actor, change_time
               FROM attribute_changes
               WHERE stood_under = ANY ($1) AND customer_id = ANY ($1)
           ) AS said JOIN attributes USING (key)
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)"#,
        homes,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// What happened under these ids of one person before `before`, the latest first.
pub(crate) async fn changes(
    connection: &mut PgConnection,
    keyring: &Keyring,
    homes: &[Uuid],
    before: Uuid,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query_as!(
        ChangeRow,
        r#"SELECT customer_id, stood_under, change_id, key, value, source, actor, change_time,
               k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM attribute_changes
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k USING (customer_id)
           WHERE customer_id = ANY ($1) AND (stood_under IS NULL OR stood_under = ANY ($1))
               AND change_id < $2
           ORDER BY change_id DESC LIMIT $3"#,
        homes,
        before,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter().map(|row| row.into_domain(keyring));
    rows.collect()
}

/// Adds changes to the history, and keeps what they come to. Of one attribute of one id there is one at most.
pub(crate) async fn write(
    connection: &mut PgConnection,
    keys: &Keys,
    changes: &[Change],
) -> Result<(), StoreError> {
    write_all(connection, keys, changes, None).await
}

/// The same of what an import says, or takes back.
pub(crate) async fn write_imported(
    connection: &mut PgConnection,
    keys: &Keys,
    changes: &[Change],
    import: ImportId,
) -> Result<(), StoreError> {
    write_all(connection, keys, changes, Some(import.0)).await
}

async fn write_all(
    connection: &mut PgConnection,
    keys: &Keys,
    changes: &[Change],
    import: Option<Uuid>,
) -> Result<(), StoreError> {
    let said_for: Vec<Uuid> = changes.iter().map(|it| it.by.0).collect();
    let elsewhere = |it: &Change| (it.home != it.by).then_some(it.home.0);
    let stood: Vec<Option<Uuid>> = changes.iter().map(elsewhere).collect();
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
                 (customer_id, change_id, key, value, source, actor, change_time, stood_under,
                  import_id)
             SELECT *, $9::uuid
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[],
                         $7::timestamptz[], $8::uuid[])
             RETURNING *
         ), cleared AS (
             DELETE FROM customer_attributes AS kept USING changes
             WHERE kept.customer_id = changes.customer_id AND kept.key = changes.key
                 AND changes.value IS NULL AND changes.stood_under IS NULL
         )
         INSERT INTO customer_attributes
             (customer_id, key, change_id, value, source, actor, set_time)
         SELECT customer_id, key, change_id, value, source, actor, change_time
         FROM changes WHERE value IS NOT NULL
         ON CONFLICT (customer_id, key) DO UPDATE SET
             change_id = excluded.change_id, value = excluded.value, source = excluded.source,
             actor = excluded.actor, set_time = excluded.set_time",
        &said_for,
        &ids,
        &texts(changes, |it| &it.key.0) as &[&str],
        &values as &[Option<Vec<u8>>],
        &texts(changes, |it| &it.source) as &[&str],
        &texts(changes, |it| &it.actor) as &[&str],
        &times,
        &stood as &[Option<Uuid>],
        import,
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct ChangeRow {
    customer_id: Uuid,
    stood_under: Option<Uuid>,
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

struct KeptRow {
    customer_id: Uuid,
    stood_under: Option<Uuid>,
    change_id: Uuid,
    key: String,
    kind: String,
    value: Option<Vec<u8>>,
    source: String,
    actor: String,
    change_time: Timestamp,
    master_id: String,
    wrapped: Vec<u8>,
}

impl KeptRow {
    fn into_domain(self, keyring: &Keyring) -> Result<Change, StoreError> {
        let change = ChangeRow {
            customer_id: self.customer_id,
            stood_under: self.stood_under,
            change_id: self.change_id,
            key: self.key,
            value: self.value,
            source: self.source,
            actor: self.actor,
            change_time: self.change_time,
            master_id: self.master_id,
            wrapped: self.wrapped,
        };
        change.into_domain(keyring)
    }

    fn read(self, keyring: &Keyring) -> Result<Kept, StoreError> {
        // Choices are only added: what was one is one.
        let kind = match definitions::kind_named(&self.kind, Vec::new())? {
            Kind::Choice(_) => Kind::Text,
            kind => kind,
        };
        let said = self.into_domain(keyring)?;
        let value = said.value.as_deref();
        let value = value.map(|written| Value::read(&kind, written)).transpose();
        let Column { table, column } = VALUE;
        let value = value.map_err(|_| CorruptRow { table, column })?;
        Ok(Kept { said, value })
    }
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
            home: CustomerId(self.stood_under.unwrap_or(self.customer_id)),
            by: CustomerId(self.customer_id),
            key: Key(self.key),
            value,
            source: self.source,
            actor: self.actor,
            at: self.change_time,
        })
    }
}
