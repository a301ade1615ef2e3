//! Policies that come in versions.

use jiff::Timestamp;
use sqlx::PgConnection;

use super::App;
use crate::store::StoreError;
use crate::store::policies::{self, Kind, StoredPolicy};

impl App {
    /// Puts the next version of a policy in force, which `document` encodes; answers the version, and since when. `None`:
    /// the one in force is not the one that the caller knew, or somebody else puts one in force at the same time.
    pub(super) async fn put_policy(
        &self,
        connection: &mut PgConnection,
        kind: Kind,
        (caller, etag): (&str, &str),
        document: impl FnOnce(i64) -> Vec<u8>,
    ) -> Result<Option<(i64, Timestamp)>, StoreError> {
        let before = policies::current(connection, kind).await?;
        let version = before.map_or(0, |before| before.version);
        if !etag.is_empty() && etag != version.to_string() {
            return Ok(None);
        }
        let (version, since) = (version.saturating_add(1), self.now());
        let stored = StoredPolicy {
            version,
            document: document(version),
            create_time: since,
        };
        // Of two at once the second finds the version made.
        let is_made = policies::insert(connection, kind, &stored, caller).await?;
        Ok(is_made.then_some((version, since)))
    }
}
