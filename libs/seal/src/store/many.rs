use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use postgres::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{KeyError, unwrap};
use crate::{DataKey, Keyring, Wrapped};

/// The keys of customers, made for those who never had one: one statement for any number of them, a second
/// one when somebody else makes one of them at the same time.
///
/// # Errors
/// [`KeyError::Erased`] when one of them was destroyed.
pub async fn provide_all(
    db: &mut PgConnection,
    keyring: &Keyring,
    customers: &[Uuid],
    now: Timestamp,
) -> Result<HashMap<Uuid, DataKey>, KeyError> {
    // Sorted, so that two who make keys of the same people never wait for each other.
    let mut wanted = customers.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut keys = known_or_made(db, keyring, &wanted, now).await?;
    wanted.retain(|id| !keys.contains_key(id));
    if !wanted.is_empty() {
        // What was made meanwhile only a statement of its own can see.
        keys.extend(known_or_made(db, keyring, &wanted, now).await?);
    }
    match wanted.into_iter().find(|id| !keys.contains_key(id)) {
        None => Ok(keys),
        Some(customer_id) => Err(KeyError::Erased { customer_id }),
    }
}

/// Takes away keys under which nothing stands any more. Tombstones stay.
///
/// # Errors
/// When the database could not be asked.
pub async fn forget(db: &mut PgConnection, customers: &[Uuid]) -> Result<(), DatabaseError> {
    sqlx::query!(
        "DELETE FROM subject_keys WHERE customer_id = ANY ($1) AND erased_at IS NULL",
        customers,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A key is made for each, which costs less than asking first who has one.
async fn known_or_made(
    db: &mut PgConnection,
    keyring: &Keyring,
    customers: &[Uuid],
    now: Timestamp,
) -> Result<HashMap<Uuid, DataKey>, KeyError> {
    let mut made = Vec::with_capacity(customers.len());
    for id in customers {
        made.push(DataKey::new(*id)?.wrap(keyring)?.bytes);
    }
    let rows = sqlx::query!(
        r#"WITH known AS (
               SELECT customer_id, master_id, wrapped FROM subject_keys WHERE customer_id = ANY ($2)
           ), made AS (
               INSERT INTO subject_keys (customer_id, master_id, wrapped, created_at)
               SELECT customer_id, $1, wrapped, $4
               FROM unnest($2::uuid[], $3::bytea[]) AS new (customer_id, wrapped)
               WHERE customer_id NOT IN (SELECT customer_id FROM known)
               ON CONFLICT DO NOTHING RETURNING customer_id, master_id, wrapped
           )
           SELECT customer_id AS "customer_id!", master_id AS "master_id!", wrapped AS "wrapped!"
           FROM known WHERE wrapped IS NOT NULL
           UNION ALL SELECT customer_id, master_id, wrapped FROM made"#,
        keyring.master_id(),
        customers,
        &made,
        now.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    let key = |(id, master_id, bytes)| {
        let wrapped = Wrapped { master_id, bytes };
        Ok((id, unwrap(keyring, id, &wrapped)?))
    };
    let rows = rows.into_iter();
    rows.map(|row| key((row.customer_id, row.master_id, row.wrapped)))
        .collect()
}
