//! What the service does when others announce something: it asks the customer.

use async_trait::async_trait;
use contract::patron::complaints::v1::CaseClosed;
use contract::patron::profile::v1::OrderRecorded;
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;

use crate::app::{App, Asking};
use crate::domain::{Asked, CustomerId, Occasion, Trigger};

/// Sent for completed orders.
const NPS_ORDER: &str = "nps-order";
/// Sent for closed cases.
const CSAT_CASE: &str = "csat-case";

/// An event that lacks what every event of its type has.
#[derive(Debug, thiserror::Error)]
#[error("the event has no {field}")]
pub(crate) struct Incomplete {
    field: &'static str,
}

/// Listens to the feed `profile`: whoever has bought is asked once for each order; and whose invitations
/// belong together, where customers are, and who is asked nothing at all.
pub(crate) struct ToProfile(pub(crate) App);

/// Listens to the feed `complaints`: whose case was closed is asked once for each resolution.
pub(crate) struct ToComplaints(pub(crate) App);

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
        let Self(app) = self;
        for event in events {
            if let Some(told) = persons::told(event)? {
                persons::learn(tx, &told).await?;
            }
        }
        persons::place_told(tx, events).await?;
        for part in persons::until_restrictions(events) {
            app.invite(tx, asking(part, about_order)?).await?;
            persons::restrict_told(tx, part).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Handler for ToComplaints {
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
        let Self(app) = self;
        Ok(app.invite(tx, asking(events, about_case)?).await?)
    }
}

/// Who is to be asked because of these events.
fn asking<'a>(
    events: &[&'a Incoming],
    about: impl Fn(&Incoming) -> Result<Option<Asked>, HandlerError>,
) -> Result<Vec<Asking<'a>>, HandlerError> {
    let asking = events.iter().map(|event| {
        let traceparent = event.traceparent();
        Ok(about(event)?.map(|asked| Asking { asked, traceparent }))
    });
    asking.filter_map(Result::transpose).collect()
}

fn about_order(event: &Incoming) -> Result<Option<Asked>, HandlerError> {
    let Some(recorded) = event.payload::<OrderRecorded>()? else {
        return Ok(None);
    };
    let order = recorded.order.ok_or(Incomplete { field: "order" })?;
    Ok(Some(Asked {
        customer: customer(event)?,
        questionnaire_id: NPS_ORDER,
        trigger: trigger(event, order.order_id),
        occasion: Occasion::ONLY,
    }))
}

fn about_case(event: &Incoming) -> Result<Option<Asked>, HandlerError> {
    let Some(closed) = event.payload::<CaseClosed>()? else {
        return Ok(None);
    };
    Ok(Some(Asked {
        customer: customer(event)?,
        questionnaire_id: CSAT_CASE,
        trigger: trigger(event, closed.case_id),
        occasion: Occasion(closed.resolution_number),
    }))
}

fn customer(event: &Incoming) -> Result<CustomerId, Incomplete> {
    event.customer_id().map(CustomerId).ok_or(Incomplete {
        field: "customer_id",
    })
}

fn trigger(event: &Incoming, reference: String) -> Trigger {
    let event_type = event.event_type().to_owned();
    Trigger {
        event_type,
        reference,
        occurred_at: event.occur_time(),
    }
}

#[cfg(test)]
mod tests;
