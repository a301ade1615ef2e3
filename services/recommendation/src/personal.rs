//! What the service keeps of people, for erasures.

use async_trait::async_trait;
use erasure::{PersonalData, Removed};
use events::HandlerError;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::store::erasure as store;

/// Whose baskets are whose.
pub(crate) struct Baskets;

#[async_trait]
impl PersonalData for Baskets {
    async fn remove(
        &self,
        tx: &mut PgTransaction<'_>,
        ids: &[Uuid],
    ) -> Result<Vec<Removed>, HandlerError> {
        Ok(store::erase_person(tx, ids).await?)
    }
}
