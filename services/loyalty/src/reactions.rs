//! What loyalty does when other services announce something.

mod surveys;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use contract::patron::profile::v1::{
    CustomerCreated, CustomerRemoved, CustomerUpdated, OrderRecorded, ReturnRecorded,
    SegmentEntered, SegmentLeft,
};
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;

use crate::app::membership::{follow, gone};
use crate::app::rating::{Fact, Told, record};
use crate::app::{Loyalty, packages};
use crate::store;
use crate::store::rating::segments;
use crate::wire;

pub(crate) use surveys::Surveys;

/// Customers become members, orders earn, returns take back, segments and places are noted, memberships are merged and
/// unmerged as their customers are.
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

    /// Takes all that customers, orders and returns say into account together.
    async fn handle_all(
        &self,
        tx: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        let Self(loyalty) = self;
        let (mut told, mut birthdays) = (Vec::with_capacity(events.len()), Vec::new());
        let (mut regrouped, mut removed) = (Vec::new(), Vec::new());
        for event in events {
            if let Some(fact) = fact(event)? {
                if let Fact::Joined(customer_id) = fact {
                    birthdays.push(customer_id);
                }
                let trace = event.traceparent();
                told.push(Told { fact, trace });
            } else if let Some(told) = persons::told(event)? {
                regrouped.push((told, event.traceparent()));
            } else if let Some(gone) = event.payload::<CustomerRemoved>()? {
                removed.push(wire::customer(&gone.customer_id)?);
            } else if let Some(updated) = event.payload::<CustomerUpdated>()? {
                birthdays.extend(wire::birthday_changed(&updated)?);
            } else {
                note_segment(tx, event).await?;
            }
        }
        persons::place_told(tx, events).await?;
        packages::ask_for_birthdays(loyalty, tx, &birthdays).await?;
        record(loyalty, tx, &told).await?;
        for (told, trace) in regrouped {
            follow(loyalty, tx, &told, trace).await?;
        }
        for customer_id in removed {
            gone(loyalty, tx, customer_id).await?;
        }
        Ok(())
    }
}

fn fact(event: &Incoming) -> Result<Option<Fact>, HandlerError> {
    if let Some(created) = event.payload::<CustomerCreated>()? {
        return Ok(Some(Fact::Joined(wire::customer(&created.customer_id)?)));
    }
    if let Some(order) = event.payload::<OrderRecorded>()? {
        return Ok(Some(Fact::Bought(wire::purchase(order)?)));
    }
    let back = event.payload::<ReturnRecorded>()?;
    Ok(back.map(wire::returned).transpose()?.map(Fact::Returned))
}

/// Who belongs to which segment. Only purchases and acts that come from now on look at it.
async fn note_segment(tx: &mut PgTransaction<'_>, event: &Incoming) -> Result<(), HandlerError> {
    let noted = if let Some(entered) = event.payload::<SegmentEntered>()? {
        let customer_id = wire::customer(&entered.customer_id)?;
        let since = store::kept(event.occur_time());
        segments::enter(tx, customer_id, &entered.segment_id, since).await
    } else if let Some(left) = event.payload::<SegmentLeft>()? {
        let customer_id = wire::customer(&left.customer_id)?;
        segments::leave(tx, customer_id, &left.segment_id).await
    } else {
        Ok(())
    };
    Ok(noted?)
}
