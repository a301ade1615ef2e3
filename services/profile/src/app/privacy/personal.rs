//! What this service keeps of people, for erasures.

use async_trait::async_trait;
use chassis::Clock;
use erasure::{PersonalData, Report};
use events::{HandlerError, Outbox};
use sqlx::PgTransaction;

use super::confirm::confirm;
use crate::NAME;
use crate::domain::instant::to_microsecond;
use crate::domain::privacy::erasure::{ErasureId, Report as Confirmed};

/// Customers, what channels said about them, what they did and allow.
#[derive(Clone, Debug)]
pub(crate) struct People(pub(crate) Clock);

#[async_trait]
impl PersonalData for People {
    /// Nobody has to be told: this service is the one that asked.
    async fn tell(
        &self,
        tx: &mut PgTransaction<'_>,
        _: &Outbox,
        report: Report,
    ) -> Result<(), HandlerError> {
        let now = to_microsecond(self.0.now());
        let confirmed = Confirmed {
            service: NAME.to_owned(),
            round: report.round,
            confirmed_at: now,
            stores: report.stores,
        };
        Ok(confirm(tx, ErasureId(report.erasure_id), confirmed, now).await?)
    }
}
