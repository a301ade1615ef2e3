//! What the service keeps of people, for erasures.

use async_trait::async_trait;
use erasure::PersonalData;
use events::HandlerError;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::store::erasure as store;

/// Invitations and answers.
pub(crate) struct Surveys;

#[async_trait]
impl PersonalData for Surveys {
    async fn things(
        &self,
        tx: &mut PgTransaction<'_>,
        ids: &[Uuid],
    ) -> Result<Vec<Uuid>, HandlerError> {
        Ok(store::things_of(tx, ids).await?)
    }
}
