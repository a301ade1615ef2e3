//! Announcing what happened, in the transaction in which it happens.

mod new_event;
mod store;

use std::collections::HashMap;
use std::sync::Arc;

use chassis::Clock;
use sqlx::{Postgres, Transaction};
use tokio::sync::watch;
use uuid::Uuid;

pub use new_event::NewEvent;
use store::Columns;

/// Largest payload of an event, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 1024 * 1024;

/// Why events could not be announced. The transaction must not be committed without them.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The payload is larger than [`MAX_PAYLOAD_BYTES`].
    #[error("the payload of a {event_type} has {bytes} bytes, of {MAX_PAYLOAD_BYTES} at most")]
    TooLarge {
        /// Full name of the payload's message.
        event_type: String,
        /// Size of the encoded payload.
        bytes: usize,
    },
    /// The database refused or could not be asked.
    #[error("the outbox can't be written")]
    Database(#[from] postgres::DatabaseError),
}

/// The events of one service. Cheap to clone; clones wake the same feeds.
#[derive(Debug, Clone)]
pub struct Outbox {
    source: &'static str,
    clock: Clock,
    committed: Arc<watch::Sender<()>>,
}

impl Outbox {
    /// The outbox of the service of this name, which tells the time of events by this clock.
    pub fn new(source: &'static str, clock: Clock) -> Self {
        Self {
            source,
            clock,
            committed: Arc::default(),
        }
    }

    /// Name of the service.
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Announces one event when the transaction commits, and not otherwise.
    ///
    /// The subject stays locked until the transaction ends. A transaction that announces events of
    /// several subjects does it at once ([`append_all`](Self::append_all)), or subject by subject in
    /// ascending order of their ids; otherwise two of them can wait for each other.
    pub async fn append(
        &self,
        tx: &mut Transaction<'_, Postgres>,
        event: NewEvent,
    ) -> Result<(), OutboxError> {
        self.append_all(tx, &[event]).await
    }

    /// Announces events, in this order, when the transaction commits. One statement, however many.
    pub async fn append_all(
        &self,
        tx: &mut Transaction<'_, Postgres>,
        events: &[NewEvent],
    ) -> Result<(), OutboxError> {
        if events.is_empty() {
            return Ok(());
        }
        if let Some(event) = events
            .iter()
            .find(|event| event.payload.len() > MAX_PAYLOAD_BYTES)
        {
            let (event_type, bytes) = (event.event_type.clone(), event.payload.len());
            return Err(OutboxError::TooLarge { event_type, bytes });
        }
        let later = later_of_same_subject(events);
        let columns = Columns::of(events, &later, &self.clock);
        let written = store::insert(tx, &columns).await;
        Ok(written.map_err(postgres::DatabaseError::from)?)
    }

    /// Tells the feeds of this process that something was committed, so that followers hear of it
    /// at once. Whoever forgets it is found by the next poll.
    pub fn committed(&self) {
        self.committed.send_replace(());
    }

    /// The service's clock.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Changes whenever something was committed in this process.
    pub(crate) fn commits(&self) -> watch::Receiver<()> {
        self.committed.subscribe()
    }
}

/// For each event, how many of the same subject come after it.
fn later_of_same_subject(events: &[NewEvent]) -> Vec<i64> {
    let mut seen: HashMap<Uuid, i64> = HashMap::with_capacity(events.len());
    let from_the_end = events.iter().rev().map(|event| {
        let later = seen.entry(event.subject_id).or_default();
        *later += 1;
        *later - 1
    });
    let mut later: Vec<i64> = from_the_end.collect();
    later.reverse();
    later
}

#[cfg(test)]
mod tests {
    use contract::patron::loyalty::v1::LotShare;

    use super::*;

    #[test]
    fn events_count_those_of_their_own_subject_that_follow() {
        let of =
            |subject: u128| NewEvent::about(Uuid::from_u128(subject), None, &LotShare::default());
        assert_eq!(
            later_of_same_subject(&[of(1), of(2), of(1), of(1), of(3)]),
            [2, 0, 1, 0, 0]
        );
    }
}
