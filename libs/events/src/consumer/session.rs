//! A replica's work from its start to its end: leases, one stream after the other, backoff.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contract::patron::events::v1::{FollowRequest, FollowResponse, ShardCursor};
use futures_util::StreamExt as _;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::apply::Applier;
use super::error::Interrupted;
use super::leases::{Lease, Leases};
use super::pace::Pace;
use super::sequence::{Reading, Sequencer};
use super::{Incoming, Inner, store};
use crate::{Position, Responses};

/// How many times within a lease its holder is heard of.
const HEARTBEATS: u32 = 3;

pub(super) struct Session<'a> {
    consumer: &'a Inner,
    stop: &'a CancellationToken,
    holder: String,
    /// The shards that are leased, as far as is known.
    shards: Vec<i16>,
    heartbeat: Interval,
    /// Interruptions since something worked.
    failures: u32,
}

impl<'a> Session<'a> {
    pub(super) fn new(consumer: &'a Inner, stop: &'a CancellationToken) -> Self {
        let mut heartbeat = interval(consumer.config.lease / HEARTBEATS);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Never that of an earlier run: its leases are not ours.
        let holder = format!("{}-{}", consumer.config.consumer, consumer.clock.new_id());
        Self {
            consumer,
            stop,
            holder,
            shards: Vec::new(),
            heartbeat,
            failures: 0,
        }
    }

    /// Works until it is told to stop; then gives its shards back.
    pub(super) async fn run(mut self) {
        loop {
            let Err(cause) = self.work().await;
            if self.stop.is_cancelled() {
                break;
            }
            self.failures += 1;
            self.consumer.metrics.interrupted();
            let wait = self.consumer.config.backoff_after(self.failures);
            tracing::warn!(
                %cause,
                source = self.consumer.source,
                wait_ms = wait.as_millis(),
                "the consumer was interrupted and begins anew from its cursors"
            );
            if self
                .stop
                .run_until_cancelled(tokio::time::sleep(wait))
                .await
                .is_none()
            {
                break;
            }
        }
        if let Err(error) = self.leases().release().await {
            tracing::warn!(%error, "leases could not be given back; others take them when they expire");
        }
    }

    async fn work(&mut self) -> Result<std::convert::Infallible, Interrupted> {
        self.leases().prepare().await?;
        loop {
            self.balance().await?;
            if self.shards.is_empty() {
                self.until_heartbeat().await?;
            } else {
                self.follow().await?;
            }
        }
    }

    /// Applies what the feed sends, until the set of shards changes.
    async fn follow(&mut self) -> Result<(), Interrupted> {
        let leases = self.leases().read().await?;
        let mut state = Sequencer::starting_at(leases.iter().map(|(&s, lease)| (s, lease.cursor)));
        let mut idle = IdleCursors::new(state.cursors());
        let mut responses = self.open(&leases).await?;
        let holder = self.holder.clone();
        let config = &self.consumer.config;
        let mut applier = Applier {
            consumer: self.consumer,
            holder: &holder,
            leases,
            stop: self.stop,
            pace: Pace::new(config.batch_events, config.batch_time),
        };
        let silence = config.silence;
        let mut heard = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(Interrupted::Stopping),
                _ = self.heartbeat.tick() => {
                    if self.balance().await? {
                        return Ok(());
                    }
                    self.keep_house(&mut idle, &state).await?;
                }
                response = timeout_at(heard + silence, responses.next()) => {
                    state = self.take(&mut applier, state, received(response, silence)?).await?;
                    self.failures = 0;
                    heard = Instant::now();
                }
            }
        }
    }

    async fn open(&self, leases: &BTreeMap<u8, Lease>) -> Result<Responses, Interrupted> {
        let cursor = |(&shard, lease): (&u8, &Lease)| ShardCursor {
            shard: u32::from(shard),
            after: (lease.cursor != Position::START).then(|| lease.cursor.into()),
        };
        let request = FollowRequest {
            consumer: self.consumer.config.consumer.clone(),
            cursors: leases.iter().map(cursor).collect(),
        };
        let silence = self.consumer.config.silence;
        let opening = timeout(silence, self.consumer.feed.follow(request));
        let opened = self
            .stop
            .run_until_cancelled(opening)
            .await
            .ok_or(Interrupted::Stopping)?;
        Ok(opened.map_err(|_| silent(silence))??)
    }

    /// Applies a response, in transactions of a bounded size.
    async fn take(
        &self,
        applier: &mut Applier<'_>,
        mut state: Sequencer,
        response: FollowResponse,
    ) -> Result<Sequencer, Interrupted> {
        let progress = response.progress.unwrap_or_default();
        let events = response
            .events
            .into_iter()
            .map(|event| Incoming::new(event).map(Arc::new));
        let events: Vec<Arc<Incoming>> = events.collect::<Result<_, _>>()?;
        let most_held = self.consumer.config.held_events;
        let mut left = events.as_slice();
        loop {
            let (batch, rest) = left.split_at(left.len().min(applier.pace.size()));
            let horizon = if rest.is_empty() { progress.horizon } else { 0 };
            let reading = Reading {
                events: batch,
                ceiling: progress.ceiling,
                horizon,
            };
            state = if batch.is_empty() && !state.has_held() {
                state.advanced(horizon)
            } else {
                applier.apply(&state, reading).await?
            };
            if state.held_count() > most_held {
                return Err(Interrupted::TooManyHeld {
                    held: state.held_count(),
                });
            }
            if rest.is_empty() {
                break;
            }
            left = rest;
        }
        self.consumer.metrics.heard();
        Ok(state)
    }

    /// Renews the leases; true when the set of shards is no longer the one that is followed.
    async fn balance(&mut self) -> Result<bool, Interrupted> {
        let balance = self.leases().balance(&self.shards).await?;
        self.shards = balance.shards;
        self.consumer.metrics.shards(self.shards.len());
        Ok(balance.has_changed)
    }

    async fn until_heartbeat(&mut self) -> Result<(), Interrupted> {
        let tick = self.stop.run_until_cancelled(self.heartbeat.tick()).await;
        tick.map(drop).ok_or(Interrupted::Stopping)
    }

    /// Does now and then what need not be done with each event.
    async fn keep_house(
        &self,
        idle: &mut IdleCursors,
        state: &Sequencer,
    ) -> Result<(), Interrupted> {
        let Inner {
            db,
            source,
            config,
            metrics,
            ..
        } = self.consumer;
        metrics.age();
        if idle.since.elapsed() < config.idle_cursors {
            return Ok(());
        }
        metrics.dead_letters(store::count_parked(db.pool(), source).await?);
        self.move_idle(&idle.moved(state.cursors())).await
    }

    /// Moves the cursors of shards in which nothing happened, so that a restart need not read
    /// again what was not for them.
    async fn move_idle(&self, cursors: &BTreeMap<u8, Position>) -> Result<(), Interrupted> {
        if cursors.is_empty() {
            return Ok(());
        }
        let Inner { db, source, .. } = self.consumer;
        let moved = store::move_cursors(db.pool(), source, &self.holder, cursors, None).await?;
        if moved == cursors.len() {
            Ok(())
        } else {
            Err(Interrupted::LeaseLost)
        }
    }

    fn leases(&self) -> Leases<'_> {
        Leases {
            db: &self.consumer.db,
            source: &self.consumer.source,
            holder: &self.holder,
            lasts: self.consumer.config.lease,
        }
    }
}

/// The cursors as they were last seen by [`Session::move_idle`].
struct IdleCursors {
    seen: BTreeMap<u8, Position>,
    since: Instant,
}

impl IdleCursors {
    fn new(seen: BTreeMap<u8, Position>) -> Self {
        Self {
            seen,
            since: Instant::now(),
        }
    }

    fn moved(&mut self, now: BTreeMap<u8, Position>) -> BTreeMap<u8, Position> {
        let has_moved = |(shard, cursor): &(&u8, &Position)| self.seen.get(shard) != Some(cursor);
        let moved = now
            .iter()
            .filter(has_moved)
            .map(|(&shard, &cursor)| (shard, cursor))
            .collect();
        *self = Self::new(now);
        moved
    }
}

type Received = Result<Option<Result<FollowResponse, Status>>, tokio::time::error::Elapsed>;

fn received(response: Received, silence: Duration) -> Result<FollowResponse, Interrupted> {
    let response = response.map_err(|_| silent(silence))?;
    Ok(response.ok_or(Interrupted::Ended)??)
}

fn silent(silence: Duration) -> Interrupted {
    Interrupted::Silent {
        seconds: silence.as_secs(),
    }
}
