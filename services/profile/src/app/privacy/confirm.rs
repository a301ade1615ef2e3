//! A service has removed what it held.

use async_trait::async_trait;
use chassis::Clock;
use contract::patron::events::v1::{Erased, ErasedStore, PersonErased};
use erasure::{Outcome, Removed};
use events::{Handler, HandlerError, Incoming};
use jiff::Timestamp;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use crate::domain::instant::to_microsecond;
use crate::domain::privacy::erasure::{ErasureId, Report};
use crate::store::StoreError;
use crate::store::privacy::erasures;

/// Writes down what a service has removed. Of an erasure that is not known, because the database was
/// restored from before it, nothing is.
pub(crate) async fn confirm(
    db: &mut PgConnection,
    id: ErasureId,
    report: Report,
    now: Timestamp,
) -> Result<(), StoreError> {
    if erasures::lock(db, id).await?.is_none() {
        tracing::warn!(erasure.id = %id.0, "a service has erased whom nobody here asked to erase");
        return Ok(());
    }
    erasures::put_report(db, id, &report).await?;
    let Some(mut erasure) = erasures::get(db, id).await? else {
        return Ok(());
    };
    if erasure.completed_at.is_none() && erasure.is_complete() {
        erasure.completed_at = Some(now);
        erasures::put(db, &erasure).await?;
    }
    Ok(())
}

/// Listens to the feeds of the other services: what they have erased.
#[derive(Clone, Debug)]
pub(crate) struct Confirmations(pub(crate) Clock);

#[async_trait]
impl Handler for Confirmations {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        let Some(erased) = event.payload::<PersonErased>()? else {
            return Ok(());
        };
        let id = ErasureId(erased.erasure_id.parse::<Uuid>()?);
        let report = Report {
            service: erased.service,
            round: erased.round,
            confirmed_at: to_microsecond(event.occur_time()),
            stores: erased.stores.into_iter().map(removed).collect(),
        };
        let now = to_microsecond(self.0.now());
        Ok(confirm(tx, id, report, now).await?)
    }
}

fn removed(told: ErasedStore) -> Removed {
    let outcome = match told.outcome() {
        Erased::Deleted => Outcome::Deleted,
        Erased::Anonymized => Outcome::Anonymized,
        Erased::Kept | Erased::Unspecified => Outcome::Kept,
    };
    Removed {
        store: told.store,
        outcome,
        rows: told.rows,
    }
}
