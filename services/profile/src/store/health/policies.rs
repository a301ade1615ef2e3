//! The health policy.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use crate::store::StoreError;

/// A version of the policy as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredPolicy {
    /// 1, 2, 3 …
    pub(crate) version: i64,
    /// An encoded `patron.profile.v1.HealthPolicy`.
    pub(crate) document: Vec<u8>,
    pub(crate) create_time: Timestamp,
}

/// The policy in force.
pub(crate) async fn current(
    connection: &mut PgConnection,
) -> Result<Option<StoredPolicy>, StoreError> {
    let row = sqlx::query!(
        "SELECT version, document, create_time FROM health_policies ORDER BY version DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| StoredPolicy {
        version: row.version,
        document: row.document,
        create_time: row.create_time.to_jiff(),
    }))
}

/// Puts a version in force; false when somebody else has made that version.
pub(crate) async fn put(
    connection: &mut PgConnection,
    policy: &StoredPolicy,
    created_by: &str,
) -> Result<bool, StoreError> {
    let made = sqlx::query!(
        "INSERT INTO health_policies (version, document, create_time, created_by)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        policy.version,
        policy.document,
        policy.create_time.to_sqlx(),
        created_by,
    )
    .execute(connection)
    .await?;
    Ok(made.rows_affected() == 1)
}
