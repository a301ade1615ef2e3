//! The keys of customers in a service's database.

mod many;
mod tombstones;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{CannotOpen, DataKey, Keyring, NoRandomness, Wrapped};

pub use many::{forget, provide_all};
pub use tombstones::{Tombstone, bury, dead_among, tombstones};

/// What became of a customer's key.
#[derive(Debug)]
pub enum KeyState {
    /// The customer never had one.
    Never,
    /// It opens what was sealed for the customer.
    Live(Box<DataKey>),
    /// It was destroyed, and none is made again.
    Tombstone(Tombstone),
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The customer was erased: its key is gone for good.
    #[error("the customer {customer_id} was erased")]
    Erased {
        /// Who.
        customer_id: Uuid,
    },
    /// The key is there and does not open: the keyring lacks the master key that wraps it.
    #[error("the key of a customer is under the master key `{master_id}`, which does not open it")]
    Master {
        /// Which one.
        master_id: String,
    },
    /// None could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The database could not be asked.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for KeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What became of a customer's key.
///
/// # Errors
/// When the keyring lacks the master key, or the database could not be asked.
pub async fn state(
    db: &mut PgConnection,
    keyring: &Keyring,
    customer_id: Uuid,
) -> Result<KeyState, KeyError> {
    let row = sqlx::query!(
        r#"SELECT master_id, wrapped, erased_at AS "erased_at: jiff_sqlx::Timestamp", erasure_id
           FROM subject_keys WHERE customer_id = $1"#,
        customer_id,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(KeyState::Never);
    };
    if let (Some(erased_at), Some(erasure_id)) = (row.erased_at, row.erasure_id) {
        return Ok(KeyState::Tombstone(Tombstone {
            customer_id,
            erasure_id,
            erased_at: erased_at.to_jiff(),
        }));
    }
    let wrapped = Wrapped {
        master_id: row.master_id.unwrap_or_default(),
        bytes: row.wrapped.unwrap_or_default(),
    };
    let key = unwrap(keyring, customer_id, &wrapped)?;
    Ok(KeyState::Live(Box::new(key)))
}

/// The key of a customer, made when the customer never had one.
///
/// # Errors
/// [`KeyError::Erased`] when it was destroyed.
pub async fn provide(
    db: &mut PgConnection,
    keyring: &Keyring,
    customer_id: Uuid,
    now: Timestamp,
) -> Result<DataKey, KeyError> {
    let made = DataKey::new(customer_id)?;
    let wrapped = made.wrap(keyring)?;
    // Waits for whoever is about to make or destroy it, and then finds what came of it.
    let done = sqlx::query!(
        "INSERT INTO subject_keys (customer_id, master_id, wrapped, created_at)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        customer_id,
        wrapped.master_id,
        wrapped.bytes,
        now.to_sqlx() as _,
    )
    .execute(&mut *db)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(made);
    }
    match state(db, keyring, customer_id).await? {
        KeyState::Live(key) => Ok(*key),
        KeyState::Never | KeyState::Tombstone(_) => Err(KeyError::Erased { customer_id }),
    }
}

/// Puts at most `limit` keys that are under other master keys under the one in use; answers how many.
/// Data is not touched, so a rotation takes as long as reading the keys. When it answers 0, the other
/// master keys are needed no more.
///
/// # Errors
/// When a master key is missing that wraps one of them.
pub async fn rewrap(db: &mut PgConnection, keyring: &Keyring, limit: i64) -> Result<u64, KeyError> {
    let rows = sqlx::query!(
        r#"SELECT customer_id, master_id AS "master_id!", wrapped AS "wrapped!" FROM subject_keys
           WHERE wrapped IS NOT NULL AND master_id <> $1
           ORDER BY master_id, customer_id LIMIT $2 FOR UPDATE SKIP LOCKED"#,
        keyring.master_id(),
        limit,
    )
    .fetch_all(&mut *db)
    .await?;
    let (mut ids, mut keys) = (
        Vec::with_capacity(rows.len()),
        Vec::with_capacity(rows.len()),
    );
    for row in rows {
        let wrapped = Wrapped {
            master_id: row.master_id,
            bytes: row.wrapped,
        };
        ids.push(row.customer_id);
        keys.push(
            unwrap(keyring, row.customer_id, &wrapped)?
                .wrap(keyring)?
                .bytes,
        );
    }
    let done = sqlx::query!(
        "UPDATE subject_keys SET master_id = $1, wrapped = renewed.wrapped
         FROM unnest($2::uuid[], $3::bytea[]) AS renewed (customer_id, wrapped)
         WHERE subject_keys.customer_id = renewed.customer_id",
        keyring.master_id(),
        &ids,
        &keys,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

fn unwrap(keyring: &Keyring, customer_id: Uuid, wrapped: &Wrapped) -> Result<DataKey, KeyError> {
    DataKey::unwrap(keyring, customer_id, wrapped).map_err(|CannotOpen| KeyError::Master {
        master_id: wrapped.master_id.clone(),
    })
}
