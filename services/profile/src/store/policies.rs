//! Policies in versions, the last of which is in force.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::StoreError;

/// What a policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Contact,
    Health,
    Match,
    Rating,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Health => "health",
            Self::Match => "match",
            Self::Rating => "rating",
        }
    }
}

/// A version as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredPolicy {
    /// 1, 2, 3 …
    pub(crate) version: i64,
    /// The policy, encoded as the contract's message of its kind.
    pub(crate) document: Vec<u8>,
    pub(crate) create_time: Timestamp,
}

/// The version in force; `None`: none was ever put in force.
pub(crate) async fn current(
    connection: &mut PgConnection,
    kind: Kind,
) -> Result<Option<StoredPolicy>, StoreError> {
    let row = sqlx::query!(
        "SELECT version, document, create_time FROM policies
         WHERE kind = $1 ORDER BY version DESC LIMIT 1",
        kind.name(),
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
pub(crate) async fn insert(
    connection: &mut PgConnection,
    kind: Kind,
    policy: &StoredPolicy,
    created_by: &str,
) -> Result<bool, StoreError> {
    let made = sqlx::query!(
        "INSERT INTO policies (kind, version, document, create_time, created_by)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        kind.name(),
        policy.version,
        policy.document,
        policy.create_time.to_sqlx(),
        created_by,
    )
    .execute(connection)
    .await?;
    Ok(made.rows_affected() == 1)
}
