//! All services are asked, this one among them.

use chassis::Refusal;
use contract::patron::profile::v1::ErasureRequested;
use erasure::Asked;
use events::NewEvent;
use sqlx::PgTransaction;

use crate::app::App;
use crate::domain::privacy::erasure::Erasure;
use crate::refusals;
use crate::store::privacy::erasures;

impl App {
    /// Writes an erasure down, and asks for it, as often as it says.
    pub(super) async fn ask(
        &self,
        db: &mut PgTransaction<'_>,
        erasure: &Erasure,
    ) -> Result<(), Refusal> {
        erasures::put(db, erasure).await?;
        let asked = Asked {
            erasure_id: erasure.id.0,
            customer_ids: erasure.customers.iter().map(|it| it.0).collect(),
            round: erasure.round,
            asked_at: erasure.asked_at,
        };
        let begun = erasure::begin(db, &asked).await;
        begun.map_err(refusals::database)?;
        let ids = asked.customer_ids.iter().map(ToString::to_string);
        let payload = ErasureRequested {
            erasure_id: asked.erasure_id.to_string(),
            customer_ids: ids.collect(),
            round: asked.round,
        };
        let event = NewEvent::about(asked.erasure_id, None, &payload);
        let appended = self.outbox.append(db, event).await;
        appended.map_err(refusals::outbox)
    }
}
