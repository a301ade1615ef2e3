//! What the service keeps of people, for erasures.

use async_trait::async_trait;
use erasure::PersonalData;
use events::HandlerError;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::store::erasure as store;

/// Memberships and all that hangs on them.
pub(crate) struct Memberships;

#[async_trait]
impl PersonalData for Memberships {
    async fn things(
        &self,
        tx: &mut PgTransaction<'_>,
        ids: &[Uuid],
    ) -> Result<Vec<Uuid>, HandlerError> {
        Ok(store::things_of(tx, ids).await?)
    }
}
