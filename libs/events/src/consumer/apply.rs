//! Applying events: the effect, the versions and the cursors in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::PgTransaction;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::error::Interrupted;
use super::leases::Lease;
use super::pace::Pace;
use super::sequence::{Plan, Reading, Sequencer};
use super::store::{self, Letter};
use super::{HandlerError, Incoming, Inner};
use crate::Position;

/// How often an event is tried again after failures that are not its fault, before the consumer
/// begins anew; which it does for ever.
const TRANSIENT_ATTEMPTS: u32 = 10;

/// Longest reason that is kept of a failure, in characters.
const MAX_REASON: usize = 2_000;

/// One replica at work on its shards, for as long as it follows one stream.
pub(super) struct Applier<'a> {
    pub(super) consumer: &'a Inner,
    pub(super) holder: &'a str,
    pub(super) leases: BTreeMap<u8, Lease>,
    pub(super) stop: &'a CancellationToken,
    pub(super) pace: Pace,
}

/// Why a transaction was not committed.
enum Undone {
    /// The handler could not apply an event.
    Handler(HandlerError),
    /// Anything else.
    Interrupted(Interrupted),
}

impl<E: Into<Interrupted>> From<E> for Undone {
    fn from(cause: E) -> Self {
        Self::Interrupted(cause.into())
    }
}

/// What a transaction has done, once it is committed.
#[derive(Default)]
struct Done<'a> {
    applied: Vec<&'a Incoming>,
    parked: usize,
}

impl Applier<'_> {
    /// Applies a reading, and tells the state after it. If the batch fails, each event gets a
    /// transaction of its own, so that the one that can't be applied is found and parked.
    pub(super) async fn apply(
        &mut self,
        state: &Sequencer,
        reading: Reading<'_>,
    ) -> Result<Sequencer, Interrupted> {
        let Inner {
            db,
            source,
            metrics,
            clock,
            ..
        } = self.consumer;
        let mut tx = db.begin().await?;
        let begun = clock.now();
        self.fence(&mut tx, state.shards_in_play(reading.events))
            .await?;
        let versions = store::versions(&mut tx, source, &state.subjects(reading.events)).await?;
        let plan = state.plan(reading, &versions);
        match self
            .write(&mut tx, &plan.steps, &cursors_of(&plan, reading))
            .await
        {
            Ok(done) => {
                tx.commit().await?;
                self.count(&done);
                // A clock that is set meanwhile makes for one transaction of the wrong size.
                let time = Duration::try_from(clock.now().duration_since(begun));
                self.pace
                    .took(reading.events.len(), time.unwrap_or_default());
            }
            Err(Undone::Interrupted(cause)) => return Err(cause),
            Err(Undone::Handler(error)) => {
                tracing::debug!(%error, "a batch failed; its events are applied one by one");
                // A connection that can't roll back is broken, and that is why the handler failed.
                tx.rollback().await?;
                self.one_by_one(&plan).await?;
            }
        }
        metrics.skipped(plan.duplicates, plan.gaps);
        Ok(plan.next)
    }

    async fn one_by_one(&self, plan: &Plan) -> Result<(), Interrupted> {
        let mut remaining = plan.steps.as_slice();
        while let Some((event, rest)) = remaining.split_first() {
            let cursor = plan.next.cursor(event.shard(), rest);
            self.apply_one(event, &BTreeMap::from([(event.shard(), cursor)]))
                .await?;
            remaining = rest;
        }
        Ok(())
    }

    /// Tries an event until it is applied or parked.
    async fn apply_one(
        &self,
        event: &Arc<Incoming>,
        cursors: &BTreeMap<u8, Position>,
    ) -> Result<(), Interrupted> {
        let config = &self.consumer.config;
        let (mut failures, mut transient) = (0, 0);
        loop {
            let Some(error) = self.try_one(event, cursors).await? else {
                return Ok(());
            };
            if error.is_transient() {
                transient += 1;
            } else {
                failures += 1;
            }
            if failures >= config.attempts {
                return self.park(event, cursors, failures, &error).await;
            }
            if transient >= TRANSIENT_ATTEMPTS {
                return Err(Interrupted::Transient(error));
            }
            let wait = tokio::time::sleep(config.backoff_after(failures + transient));
            self.stop
                .run_until_cancelled(wait)
                .await
                .ok_or(Interrupted::Stopping)?;
        }
    }

    /// Applies one event in a transaction of its own; tells why the handler could not.
    async fn try_one(
        &self,
        event: &Arc<Incoming>,
        cursors: &BTreeMap<u8, Position>,
    ) -> Result<Option<HandlerError>, Interrupted> {
        let mut tx = self.consumer.db.begin().await?;
        self.fence(&mut tx, BTreeSet::from([event.shard()])).await?;
        match self.write(&mut tx, slice::from_ref(event), cursors).await {
            Ok(done) => {
                tx.commit().await?;
                self.count(&done);
                Ok(None)
            }
            Err(Undone::Interrupted(cause)) => Err(cause),
            Err(Undone::Handler(error)) => {
                tx.rollback().await?;
                Ok(Some(error))
            }
        }
    }

    /// Puts an event aside that goes on failing, so that others can pass.
    async fn park(
        &self,
        event: &Arc<Incoming>,
        cursors: &BTreeMap<u8, Position>,
        attempts: u32,
        error: &HandlerError,
    ) -> Result<(), Interrupted> {
        let Inner {
            db, source, clock, ..
        } = self.consumer;
        tracing::error!(
            %error,
            event.id = %event.event_id(),
            event.r#type = event.event_type(),
            event.source = source,
            parking_key = %event.parking_key(),
            "an event could not be applied and is parked, with all later ones of its customer"
        );
        let reason = error.to_string().chars().take(MAX_REASON).collect();
        let letter = Letter {
            event,
            failed: true,
            reason,
            attempts,
        };
        let mut tx = db.begin().await?;
        self.fence(&mut tx, BTreeSet::from([event.shard()])).await?;
        store::park(&mut tx, source, &letter, clock.now()).await?;
        self.conclude(&mut tx, slice::from_ref(event), cursors)
            .await?;
        tx.commit().await?;
        self.count(&Done {
            parked: 1,
            ..Done::default()
        });
        Ok(())
    }

    /// Keeps everybody else out of these shards until the transaction ends.
    async fn fence(
        &self,
        tx: &mut PgTransaction<'_>,
        shards: BTreeSet<u8>,
    ) -> Result<(), Interrupted> {
        let shards: Vec<i16> = shards.into_iter().map(i16::from).collect();
        let held = store::fence(tx, &self.consumer.source, self.holder, &shards).await?;
        if held == shards.len() {
            Ok(())
        } else {
            Err(Interrupted::LeaseLost)
        }
    }

    /// Everything that belongs together, short of the commit.
    async fn write<'s>(
        &self,
        tx: &mut PgTransaction<'_>,
        steps: &'s [Arc<Incoming>],
        cursors: &BTreeMap<u8, Position>,
    ) -> Result<Done<'s>, Undone> {
        let keys: Vec<Uuid> = steps.iter().map(|event| event.parking_key()).collect();
        let parked = store::parked(tx, &self.consumer.source, &keys).await?;
        let applied: Vec<&Incoming> = steps
            .iter()
            .map(Arc::as_ref)
            .filter(|event| !parked.contains_key(&event.parking_key()))
            .filter(|event| !self.was_passed(event))
            .collect();
        self.handle(tx, &applied).await.map_err(Undone::Handler)?;
        let parked = self.park_behind(tx, steps, &parked).await?;
        self.conclude(tx, steps, cursors).await?;
        Ok(Done { applied, parked })
    }

    /// Writes down that these events are dealt with.
    async fn conclude(
        &self,
        tx: &mut PgTransaction<'_>,
        steps: &[Arc<Incoming>],
        cursors: &BTreeMap<u8, Position>,
    ) -> Result<(), Interrupted> {
        let Inner { source, clock, .. } = self.consumer;
        store::set_versions(tx, source, steps).await?;
        let now = Some(clock.now());
        let moved = store::move_cursors(&mut **tx, source, self.holder, cursors, now).await?;
        if moved == cursors.len() {
            Ok(())
        } else {
            Err(Interrupted::LeaseLost)
        }
    }

    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        let handler = self.consumer.handler.as_ref();
        let handling = match events {
            [] => return Ok(()),
            [event] => event.traced(handler.handle(tx, event)).boxed(),
            events => handler.handle_all(tx, events),
        };
        let outcome = AssertUnwindSafe(handling).catch_unwind().await;
        outcome.unwrap_or_else(|panic| Err(HandlerError::panicked(&panic)))
    }

    /// Parks the events whose key has a parked one already.
    async fn park_behind(
        &self,
        tx: &mut PgTransaction<'_>,
        steps: &[Arc<Incoming>],
        parked: &HashMap<Uuid, Uuid>,
    ) -> Result<usize, Interrupted> {
        let Inner { source, clock, .. } = self.consumer;
        let mut count = 0;
        for event in steps {
            let Some(first) = parked.get(&event.parking_key()) else {
                continue;
            };
            let reason = first.to_string();
            let letter = Letter {
                event,
                failed: false,
                reason,
                attempts: 0,
            };
            store::park(tx, source, &letter, clock.now()).await?;
            count += 1;
        }
        Ok(count)
    }

    /// Whether a rewind has asked for later events only, and this one was dealt with before it.
    fn was_passed(&self, event: &Incoming) -> bool {
        let rewound = self
            .leases
            .get(&event.shard())
            .and_then(|lease| lease.rewound);
        rewound.is_some_and(|rewound| {
            event.position() <= rewound.until && event.occur_time() < rewound.since
        })
    }

    fn count(&self, done: &Done<'_>) {
        let Inner { metrics, clock, .. } = self.consumer;
        metrics.parked(done.parked);
        metrics.applied(&done.applied, clock.now());
    }
}

/// The cursors of all shards that have to do with a reading.
fn cursors_of(plan: &Plan, reading: Reading<'_>) -> BTreeMap<u8, Position> {
    let shards = plan
        .steps
        .iter()
        .chain(reading.events)
        .map(|event| event.shard());
    shards
        .map(|shard| (shard, plan.next.cursor(shard, &[])))
        .collect()
}
