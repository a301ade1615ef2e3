//! What the service does when others announce something.

use async_trait::async_trait;
use contract::patron::profile::v1::OrderRecorded;
use contract::patron::survey::v1::response_submitted::Sentiment;
use contract::patron::survey::v1::{Metric, ResponseSubmitted};
use events::{Handler, HandlerError, Incoming};
use prost::Name as _;
use sqlx::PgTransaction;

use crate::app::{App, FollowUp};
use crate::domain::CustomerId;

/// An event that lacks what every event of its type has.
#[derive(Debug, thiserror::Error)]
#[error("the event has no {field}")]
pub(crate) struct Incomplete {
    field: &'static str,
}

/// Listens to the feed `profile`: whose cases belong together, and where customers are.
pub(crate) struct ToProfile;

#[async_trait]
impl Handler for ToProfile {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        self.handle_all(tx, &[event]).await
    }

    async fn handle_all(
        &self,
        tx: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        for event in events {
            if let Some(told) = persons::told(event)? {
                persons::learn(tx, &told).await?;
            }
        }
        persons::place_told(tx, events).await
    }
}

/// Listens to the feed `survey`: a customer who would not recommend us is called back.
pub(crate) struct ToSurvey {
    pub(crate) app: App,
    /// The subject under which the cases are opened.
    pub(crate) actor: String,
}

#[async_trait]
impl Handler for ToSurvey {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        let Some(submitted) = event.payload::<ResponseSubmitted>()? else {
            return Ok(());
        };
        if is_unhappy(&submitted) {
            self.app
                .follow_up(tx, follow_up(event, submitted)?, &self.actor)
                .await?;
        }
        Ok(())
    }
}

fn is_unhappy(submitted: &ResponseSubmitted) -> bool {
    submitted.metric() == Metric::Nps && submitted.sentiment() == Sentiment::Detractor
}

fn follow_up(event: &Incoming, submitted: ResponseSubmitted) -> Result<FollowUp, Incomplete> {
    let missing = |field| move || Incomplete { field };
    let customer = event.customer_id().ok_or_else(missing("customer_id"))?;
    let trigger = submitted
        .invitation
        .and_then(|invitation| invitation.trigger);
    let about_order = trigger.filter(|trigger| trigger.event_type == OrderRecorded::full_name());
    Ok(FollowUp {
        customer: CustomerId(customer),
        response_id: submitted.response_id,
        rating: submitted.rating.ok_or_else(missing("rating"))?,
        order_id: about_order
            .map(|trigger| trigger.reference)
            .unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests;
