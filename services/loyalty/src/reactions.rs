//! What loyalty does when the profile service announces something.

use async_trait::async_trait;
use contract::patron::profile::v1::{CustomerCreated, OrderRecorded, ReturnRecorded};
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;

use crate::app::earn::Batch;
use crate::app::{Loyalty, claw_back, earn};
use crate::wire;

/// Customers become members, orders earn, returns take back.
pub(crate) struct Reactions(pub(crate) Loyalty);

#[async_trait]
impl Handler for Reactions {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        self.handle_all(tx, &[event]).await
    }

    /// Writes customers and orders together, up to a return of one of these customers.
    async fn handle_all(
        &self,
        tx: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        let Self(loyalty) = self;
        let mut batch = Batch::default();
        for event in events {
            let trace = event.traceparent();
            if let Some(created) = event.payload::<CustomerCreated>()? {
                batch.join(wire::customer(&created.customer_id)?, trace);
            } else if let Some(order) = event.payload::<OrderRecorded>()? {
                batch.buy(wire::purchase(order)?, trace);
            } else if let Some(back) = event.payload::<ReturnRecorded>()? {
                let back = wire::returned(back)?;
                if batch.concerns(back.customer_id) {
                    earn::record(loyalty, tx, std::mem::take(&mut batch)).await?;
                }
                let taking = claw_back::record_return(loyalty, tx, &back);
                event.traced(taking).await?;
            }
        }
        Ok(earn::record(loyalty, tx, batch).await?)
    }
}

#[cfg(test)]
mod tests;
