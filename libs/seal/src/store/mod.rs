//! The keys of customers in a service's database.

mod many;
mod rewrap;
mod tombstones;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{CannotOpen, DataKey, Keyring, NoRandomness, Wrapped};

pub use many::{forget, provide_all};
pub use rewrap::{Rewrapped, count_to_rewrap, rewrap};
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

fn unwrap(keyring: &Keyring, customer_id: Uuid, wrapped: &Wrapped) -> Result<DataKey, KeyError> {
    DataKey::unwrap(keyring, customer_id, wrapped).map_err(|CannotOpen| KeyError::Master {
        master_id: wrapped.master_id.clone(),
    })
}
