//! Account managers.

use sqlx::PgConnection;

use super::row::{ManagerRow, presence_name};
use crate::domain::accounts::{Manager, ManagerId};
use crate::store::{StoreError, texts};

/// Serializes changes of managers, which are few, so that no more are at work than may be.
pub(crate) async fn lock_definitions(connection: &mut PgConnection) -> Result<(), StoreError> {
    // Any number will do that nobody else takes in this database.
    sqlx::query!("SELECT pg_advisory_xact_lock(736765676)")
        .execute(connection)
        .await?;
    Ok(())
}

/// How many are at work besides one.
pub(crate) async fn count_others(
    connection: &mut PgConnection,
    than: &ManagerId,
) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM account_managers
           WHERE state = 'active' AND manager_id <> $1"#,
        than.0,
    );
    Ok(count.fetch_one(connection).await?)
}

/// Writes a manager, new ones too; answers what is known then.
pub(crate) async fn put(
    connection: &mut PgConnection,
    manager: &Manager,
) -> Result<Manager, StoreError> {
    let row = sqlx::query_as!(
        ManagerRow,
        "INSERT INTO account_managers (manager_id, regions, brands, capacity, state)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (manager_id) DO UPDATE SET
             regions = excluded.regions, brands = excluded.brands,
             capacity = excluded.capacity, state = excluded.state
         RETURNING manager_id, regions, brands, capacity, state, load",
        manager.id.0,
        &manager.regions,
        &manager.brands,
        manager.capacity,
        presence_name(manager.presence),
    )
    .fetch_one(connection)
    .await?;
    Ok(row.into_domain()?)
}

/// Managers by id, at most `limit` after one.
pub(crate) async fn list(
    connection: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<Manager>, StoreError> {
    let rows = sqlx::query_as!(
        ManagerRow,
        "SELECT manager_id, regions, brands, capacity, state, load FROM account_managers
         WHERE manager_id > $1 ORDER BY manager_id LIMIT $2",
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let managers = rows.into_iter().map(ManagerRow::into_domain);
    Ok(managers.collect::<Result<_, _>>()?)
}

/// Locks these managers, and with `all` every other who may get a customer; in the order of their ids, so that of two
/// who lock some, none waits for the other. Until the transaction ends nobody else changes their load.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    ids: &[ManagerId],
    all: bool,
) -> Result<Vec<Manager>, StoreError> {
    let rows = sqlx::query_as!(
        ManagerRow,
        "SELECT manager_id, regions, brands, capacity, state, load FROM account_managers
         WHERE manager_id = ANY ($1) OR ($2 AND state = 'active')
         ORDER BY manager_id FOR UPDATE",
        &texts(ids, |id| &id.0) as &[&str],
        all,
    )
    .fetch_all(connection)
    .await?;
    let managers = rows.into_iter().map(ManagerRow::into_domain);
    Ok(managers.collect::<Result<_, _>>()?)
}
