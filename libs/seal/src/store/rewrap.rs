use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{KeyError, unwrap};
use crate::{Keyring, Wrapped};

/// What became of some keys that were under other master keys than the one in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrapped {
    /// The last of them: the next ones are behind it.
    pub last: Uuid,
    /// How many are under the one in use now.
    pub done: u64,
    /// Whose stay where they are: they don't open.
    pub unopened: Vec<Uuid>,
}

/// How many keys are under other master keys than the one in use.
///
/// # Errors
/// When the database could not be asked.
pub async fn count_to_rewrap(
    db: &mut PgConnection,
    keyring: &Keyring,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM subject_keys
           WHERE wrapped IS NOT NULL AND master_id <> $1"#,
        keyring.master_id(),
    );
    Ok(count.fetch_one(db).await?)
}

/// Puts at most `limit` keys of customers after `after` that are under other master keys under the one in use; `None`:
/// there are no more. Data is not touched, so a rotation takes as long as reading the keys.
///
/// Keys that others hold are passed over, and so are those that don't open. A master key is needed no more only when a
/// count says that none is left under it.
///
/// # Errors
/// When the database could not be asked, or nothing can be sealed.
pub async fn rewrap(
    db: &mut PgConnection,
    keyring: &Keyring,
    after: Uuid,
    limit: i64,
) -> Result<Option<Rewrapped>, KeyError> {
    let rows = sqlx::query!(
        r#"SELECT customer_id, master_id AS "master_id!", wrapped AS "wrapped!" FROM subject_keys
           WHERE wrapped IS NOT NULL AND master_id <> $1 AND customer_id > $2
           ORDER BY customer_id LIMIT $3 FOR UPDATE SKIP LOCKED"#,
        keyring.master_id(),
        after,
        limit,
    )
    .fetch_all(&mut *db)
    .await?;
    let Some(last) = rows.last().map(|row| row.customer_id) else {
        return Ok(None);
    };
    let (mut ids, mut keys, mut unopened) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let wrapped = Wrapped {
            master_id: row.master_id,
            bytes: row.wrapped,
        };
        if let Ok(key) = unwrap(keyring, row.customer_id, &wrapped) {
            ids.push(row.customer_id);
            keys.push(key.wrap(keyring)?.bytes);
        } else {
            unopened.push(row.customer_id);
        }
    }
    let done = put(db, keyring.master_id(), &ids, &keys).await?;
    Ok(Some(Rewrapped {
        last,
        done,
        unopened,
    }))
}

async fn put(
    db: &mut PgConnection,
    master_id: &str,
    ids: &[Uuid],
    keys: &[Vec<u8>],
) -> Result<u64, KeyError> {
    let done = sqlx::query!(
        "UPDATE subject_keys SET master_id = $1, wrapped = renewed.wrapped
         FROM unnest($2::uuid[], $3::bytea[]) AS renewed (customer_id, wrapped)
         WHERE subject_keys.customer_id = renewed.customer_id",
        master_id,
        ids,
        keys,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
