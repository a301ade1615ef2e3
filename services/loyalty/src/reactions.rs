//! What loyalty does when the profile service announces something.

use async_trait::async_trait;
use contract::patron::profile::v1::{CustomerCreated, OrderRecorded, ReturnRecorded};
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;

use crate::app::{Loyalty, claw_back, earn, enrol};
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
        let Self(loyalty) = self;
        if let Some(created) = event.payload::<CustomerCreated>()? {
            enrol::enrol(loyalty, tx, wire::customer(&created.customer_id)?).await?;
        } else if let Some(order) = event.payload::<OrderRecorded>()? {
            earn::record_order(loyalty, tx, &wire::purchase(order)?).await?;
        } else if let Some(back) = event.payload::<ReturnRecorded>()? {
            claw_back::record_return(loyalty, tx, &wire::returned(back)?).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
