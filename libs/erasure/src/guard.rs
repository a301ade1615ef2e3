use std::collections::BTreeSet;

use async_trait::async_trait;
use contract::patron::profile::v1::ErasureRequested;
use events::{Handler, HandlerError, Incoming};
use seal::store::dead_among;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::store::{Asked, begin};

/// A handler of events that hears nothing of people who are erased, and takes note of who is to be.
///
/// The consumer's transaction has locked its cursors before, so it has an id when the guard looks: see
/// [`admit`](crate::admit).
pub struct Guarded<H>(pub H);

#[async_trait]
impl<H: Handler> Handler for Guarded<H> {
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
            if let Some(asked) = asked(event)? {
                begin(tx, &asked).await?;
            }
        }
        let alive = alive(tx, events).await?;
        match alive.as_slice() {
            [] => Ok(()),
            [event] => self.0.handle(tx, event).await,
            events => self.0.handle_all(tx, events).await,
        }
    }
}

/// The events that are about nobody who is erased.
async fn alive<'a>(
    tx: &mut PgTransaction<'_>,
    events: &[&'a Incoming],
) -> Result<Vec<&'a Incoming>, HandlerError> {
    let ids: BTreeSet<Uuid> = events.iter().filter_map(|it| it.customer_id()).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let dead = dead_among(&mut **tx, &ids).await?;
    let is_alive = |event: &&&Incoming| event.customer_id().is_none_or(|id| !dead.contains(&id));
    Ok(events.iter().filter(is_alive).copied().collect())
}

fn asked(event: &Incoming) -> Result<Option<Asked>, HandlerError> {
    let Some(requested) = event.payload::<ErasureRequested>()? else {
        return Ok(None);
    };
    let ids: Result<Vec<Uuid>, _> = requested.customer_ids.iter().map(|it| it.parse()).collect();
    Ok(Some(Asked {
        erasure_id: requested.erasure_id.parse::<Uuid>()?,
        customer_ids: ids?,
        round: requested.round,
        asked_at: event.occur_time(),
    }))
}
