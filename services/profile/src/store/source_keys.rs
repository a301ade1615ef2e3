//! The register of what channels call people: under which customer each came in.

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use crate::domain::ids::CustomerId;

/// The home of a channel's record, when it has one.
pub(crate) async fn home(
    connection: &mut PgConnection,
    channel: &str,
    key: &str,
) -> Result<Option<CustomerId>, StoreError> {
    let home = sqlx::query_scalar!(
        "SELECT home FROM source_keys WHERE channel = $1 AND source_key = $2",
        channel,
        key,
    )
    .fetch_optional(connection)
    .await?;
    Ok(home.map(CustomerId))
}

/// Gives a channel's record this home, unless it has one; answers whether it had none. Waits for a
/// transaction that is about to do the same.
pub(crate) async fn claim(
    connection: &mut PgConnection,
    (channel, key): (&str, &str),
    home: CustomerId,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO source_keys (channel, source_key, home) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
        channel,
        key,
        home.0,
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What channels call people who came in under these homes.
pub(crate) async fn of(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT channel, source_key FROM source_keys JOIN sources USING (channel, source_key, home)
         WHERE home = ANY ($1)",
        homes,
    )
    .fetch_all(connection)
    .await?;
    let keys = rows.into_iter().map(|row| (row.channel, row.source_key));
    Ok(keys.collect())
}
