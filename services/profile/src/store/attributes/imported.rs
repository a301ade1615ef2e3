//! Values that an import has set, and what stood there before.

use seal::{Keyring, Wrapped};
use sqlx::PgConnection;
use uuid::Uuid;

use super::open_value;
use crate::domain::attribute::definition::Key;
use crate::domain::ids::{CustomerId, ImportId};
use crate::store::StoreError;
use crate::store::sealed::Sealed;

/// A value that stands by the word of an import.
#[derive(Clone, Debug)]
pub(crate) struct Imported {
    pub(crate) home: CustomerId,
    pub(crate) key: Key,
    /// What stood there; `None`: nothing.
    pub(crate) before: Option<Before>,
}

/// What an attribute was before an import.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    pub(crate) change: Uuid,
    /// `None`: it was cleared.
    pub(crate) value: Option<String>,
    pub(crate) source: String,
    pub(crate) actor: String,
}

/// What stands under these ids by the word of an import. What imports said that are taken back is passed over, so that they
/// can be taken back in any order.
pub(crate) async fn imported(
    connection: &mut PgConnection,
    keyring: &Keyring,
    import: ImportId,
    homes: &[Uuid],
) -> Result<Vec<Imported>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT stands.customer_id, stands.key, former.change_id AS "change_id?",
               former.value AS "value?", former.source AS "source?", former.actor AS "actor?",
               k.master_id AS "master_id!", k.wrapped AS "wrapped!"
           FROM customer_attributes AS stands
           JOIN attribute_changes AS told
               ON told.customer_id = stands.customer_id AND told.change_id = stands.change_id
           JOIN (SELECT customer_id, master_id, wrapped FROM subject_keys
                 WHERE wrapped IS NOT NULL) AS k ON k.customer_id = stands.customer_id
           LEFT JOIN LATERAL (
               SELECT c.change_id, c.value, c.source, c.actor
               FROM attribute_changes AS c LEFT JOIN imports ON imports.import_id = c.import_id
               WHERE c.customer_id = stands.customer_id AND c.key = stands.key
                 AND c.stood_under IS NULL AND c.change_id < stands.change_id
                 AND (imports.state IS NULL OR imports.state NOT IN ('undoing', 'undone'))
               ORDER BY c.change_id DESC LIMIT 1
           ) AS former ON true
           WHERE stands.customer_id = ANY ($1) AND told.import_id = $2
           ORDER BY stands.customer_id, stands.key"#,
        homes,
        import.0,
    )
    .fetch_all(connection)
    .await?;
    let rows = rows.into_iter();
    rows.map(|row| row.into_domain(keyring)).collect()
}

/// Lets changes stand again that did before, each under its id: as old as it is, so that nothing that was said or cleared
/// since is hidden by it.
pub(crate) async fn stand_again(
    connection: &mut PgConnection,
    changes: &[(CustomerId, Uuid)],
) -> Result<(), StoreError> {
    let homes: Vec<Uuid> = changes.iter().map(|(home, _)| home.0).collect();
    let ids: Vec<Uuid> = changes.iter().map(|(_, id)| *id).collect();
    sqlx::query!(
        "UPDATE customer_attributes AS kept SET
             change_id = former.change_id, value = former.value, source = former.source,
             actor = former.actor, set_time = former.change_time
         FROM unnest($1::uuid[], $2::uuid[]) AS again (customer_id, change_id)
         JOIN attribute_changes AS former USING (customer_id, change_id)
         WHERE kept.customer_id = former.customer_id AND kept.key = former.key",
        &homes,
        &ids,
    )
    .execute(connection)
    .await?;
    Ok(())
}

struct Row {
    customer_id: Uuid,
    key: String,
    change_id: Option<Uuid>,
    value: Option<Vec<u8>>,
    source: Option<String>,
    actor: Option<String>,
    master_id: String,
    wrapped: Vec<u8>,
}

impl Row {
    fn into_domain(self, keyring: &Keyring) -> Result<Imported, StoreError> {
        let home = CustomerId(self.customer_id);
        let key = Key(self.key);
        let Some(change_id) = self.change_id else {
            let before = None;
            return Ok(Imported { home, key, before });
        };
        let sealed = |bytes| Sealed {
            customer_id: self.customer_id,
            key: Wrapped {
                master_id: self.master_id.clone(),
                bytes: self.wrapped.clone(),
            },
            bytes,
        };
        let value = self.value.as_deref();
        let value = value.map(|bytes| open_value(keyring, &sealed(bytes), change_id));
        let before = Some(Before {
            change: change_id,
            value: value.transpose()?,
            source: self.source.unwrap_or_default(),
            actor: self.actor.unwrap_or_default(),
        });
        Ok(Imported { home, key, before })
    }
}
