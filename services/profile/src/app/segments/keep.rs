//! Keeps memberships as they are to be: decides on everybody who is due, since something about them has
//! changed, or the instant has come at which passing time alone may change something.
//!
//! Replicas share the work: who is due is locked by one of them and passed over by the others. A
//! decision, its events and the next instant are one transaction, so it can be stopped anywhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use events::NewEvent;
use jiff::{SignedDuration, Timestamp};
use seal::Keyring;
use sqlx::PgTransaction;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{SegmentError, judge, rate};
use crate::app::health;
use crate::app::ratings::InForce;
use crate::app::tag_rules::Giving;
use crate::app::{App, announce};
use crate::domain::ids::CustomerId;
use crate::domain::rating::Policy;
use crate::domain::segment::condition::Condition;
use crate::domain::segment::definition::SegmentId;
use crate::domain::segment::facts::Facts;
use crate::domain::segment::membership::{Decision, Segments};
use crate::domain::segment::vocabulary::Vocabulary;
use crate::metrics::Memberships;
use crate::store::customers;
use crate::store::privacy::restrictions;
use crate::store::segments::{definitions, evaluations, facts, members, sizes, sweeps};

/// How long who is due waits at most before somebody looks.
const INTERVAL: Duration = Duration::from_millis(100);
/// People in one transaction: it holds up those who record something about them.
const BATCH: i64 = 100;
/// Customers that a new definition sets due at once. What happens meanwhile waits behind them.
const SWEEP: i64 = 300;
/// Steps of one round.
const MOST_STEPS: u32 = 1_000;
/// Batches after which sizes are folded.
const FOLD_AFTER: u32 = 32;
/// When somebody is looked at again who can't be read.
const LATER: SignedDuration = SignedDuration::from_mins(10);

/// Decides on those who are due, until it is told to stop.
pub(crate) async fn keep(app: App, metrics: Memberships, stop: CancellationToken) {
    let mut keeper = Keeper::new(app, metrics);
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        for _ in 0..MOST_STEPS {
            match keeper.step().await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "memberships could not be decided; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Decides, and remembers conditions that it has compiled.
#[derive(Debug)]
pub(crate) struct Keeper {
    app: App,
    metrics: Memberships,
    /// By segment: the version that was compiled, and the condition if it is one.
    compiled: HashMap<SegmentId, (i64, Option<Condition>)>,
    ratings: InForce,
    health: health::InForce,
    giving: Giving,
    /// Batches since sizes were folded.
    unfolded: u32,
}

/// What was decided of everybody in a batch.
type Decided = Vec<(CustomerId, Decision)>;

impl Keeper {
    pub(crate) fn new(app: App, metrics: Memberships) -> Self {
        Self {
            app,
            metrics,
            compiled: HashMap::new(),
            ratings: InForce::default(),
            health: health::InForce::default(),
            giving: Giving::default(),
            unfolded: FOLD_AFTER,
        }
    }

    /// Does a part of what is to be done; false when there is nothing left.
    pub(crate) async fn step(&mut self) -> Result<bool, SegmentError> {
        let now = self.app.now();
        let mut tx = self.app.db.begin().await?;
        let taken = evaluations::take(&mut tx, now, BATCH).await?;
        if taken.is_empty() {
            return self.advance(tx, now).await;
        }
        match self.decide(tx, &taken, now).await {
            Err(error) if error.is_of_somebody() => self.one_by_one(taken, now).await,
            done => done,
        }
        .map(|()| true)
    }

    /// Goes on with new definitions once nobody else is due.
    async fn advance(
        &mut self,
        mut tx: PgTransaction<'static>,
        now: Timestamp,
    ) -> Result<bool, SegmentError> {
        if evaluations::count_due(&mut tx, now, 1).await? > 0 {
            // Others are at it.
            return Ok(false);
        }
        let advanced = sweeps::advance(&mut tx, now, SWEEP).await?;
        let folded = self.fold(&mut tx).await?;
        tx.commit().await?;
        Ok(advanced || folded)
    }

    /// Folds the size of a segment when there is something to fold.
    async fn fold(&mut self, tx: &mut PgTransaction<'static>) -> Result<bool, SegmentError> {
        if self.unfolded < FOLD_AFTER {
            return Ok(false);
        }
        let folded = sizes::fold(tx, self.app.clock.new_id()).await?;
        if !folded {
            self.unfolded = 0;
        }
        Ok(folded)
    }

    /// Decides on people whose rows are locked.
    async fn decide(
        &mut self,
        mut tx: PgTransaction<'static>,
        taken: &[CustomerId],
        now: Timestamp,
    ) -> Result<(), SegmentError> {
        let segments = self.segments(&mut tx).await?;
        let ids: Vec<Uuid> = taken.iter().map(|id| id.0).collect();
        let mut before: BTreeMap<CustomerId, BTreeSet<SegmentId>> = BTreeMap::new();
        for membership in members::of(&mut tx, &ids).await? {
            let of_customer = before.entry(membership.customer).or_default();
            of_customer.insert(membership.segment);
        }
        self.ratings.refresh(&mut tx).await?;
        self.giving.refresh(&mut tx).await?;
        self.health.refresh(&mut tx).await?;
        let health = self.health.policy();
        let rated = self.ratings.policy().map(Policy::reach);
        let reach = segments.reach().max(rated.unwrap_or_default());
        let reach = reach.max(self.giving.reach());
        let reach = reach.max(self.health.reach());
        let mut scope = super::scope(&mut tx, reach, now).await?;
        scope.health = health.map_or(facts::Health::Nothing, |it| {
            facts::Health::Heard(it.since(now))
        });
        let is_ruled = !segments.is_empty() || !self.giving.is_empty();
        let is_asked = is_ruled || rated.is_some() || health.is_some();
        let people = if is_asked { ids.as_slice() } else { &[] };
        let mut facts = known(&mut tx, &self.app.keyring, people, &scope).await?;
        // Health first, then tags: segments and ratings read what becomes of both.
        let mut judged = match health {
            Some(policy) => judge::write(&mut tx, policy, taken, (&mut facts, now)).await?,
            None => judge::Judged::default(),
        };
        let with = (&self.app.clock, now);
        let given = self.giving.give(&mut tx, taken, &mut facts, with);
        let (next, mut events) = given.await?;
        events.append(&mut judged.events);
        let decide = |id: &CustomerId| {
            let before = before.remove(id).unwrap_or_default();
            let mut decision = segments.decide(&before, facts.get(id), now);
            let nexts = [next.get(id), judged.next.get(id)].map(Option::<&_>::copied);
            let nexts = nexts.into_iter().chain([decision.next]);
            decision.next = nexts.flatten().min();
            (*id, decision)
        };
        let mut decided: Decided = taken.iter().map(decide).collect();
        events.append(&mut self.rate(&mut tx, &mut decided, (&facts, now)).await?);
        self.write(&mut tx, &decided, now).await?;
        events.append(&mut memberships(&decided));
        self.app.outbox.append_all(&mut tx, &events).await?;
        self.unfolded = self.unfolded.saturating_add(1);
        tx.commit().await?;
        self.app.outbox.committed();
        self.metrics.count(&decided);
        Ok(())
    }

    async fn write(
        &self,
        tx: &mut PgTransaction<'static>,
        decided: &Decided,
        now: Timestamp,
    ) -> Result<(), SegmentError> {
        let entered = all_of(decided, |decision| &decision.entered);
        let left = all_of(decided, |decision| &decision.left);
        let next = decided.iter().map(|(id, decision)| (*id, decision.next));
        evaluations::settle(tx, &next.collect::<Vec<_>>()).await?;
        if entered.is_empty() && left.is_empty() {
            return Ok(());
        }
        members::leave(tx, &left).await?;
        members::enter(tx, &entered, now).await?;
        let mut changes: BTreeMap<&SegmentId, i64> = BTreeMap::new();
        for (_, segment) in &entered {
            let change = changes.entry(segment).or_default();
            *change = change.saturating_add(1);
        }
        for (_, segment) in &left {
            let change = changes.entry(segment).or_default();
            *change = change.saturating_sub(1);
        }
        changes.retain(|_, change| *change != 0);
        sizes::add(tx, &changes, || self.app.clock.new_id()).await?;
        Ok(())
    }

    /// Says where everybody stands who is rated; answers what is to be announced of it.
    async fn rate(
        &self,
        tx: &mut PgTransaction<'static>,
        decided: &mut Decided,
        (facts, now): (&BTreeMap<CustomerId, Facts>, Timestamp),
    ) -> Result<Vec<NewEvent>, SegmentError> {
        let Some(policy) = self.ratings.policy() else {
            return Ok(Vec::new());
        };
        let mut rated = Vec::with_capacity(decided.len());
        for (id, decision) in decided {
            let rating = facts.get(id).map(|facts| policy.rate(facts, now));
            let next = rating.and_then(|(_, next)| next);
            decision.next = [decision.next, next].into_iter().flatten().min();
            rated.push((*id, rating.map(|(rating, _)| rating)));
        }
        rate::write(tx, &rated, (&self.app.clock, now)).await
    }

    /// Decides on each by itself, and sets aside for a while who can't be read.
    async fn one_by_one(
        &mut self,
        taken: Vec<CustomerId>,
        now: Timestamp,
    ) -> Result<(), SegmentError> {
        for id in taken {
            let mut tx = self.app.db.begin().await?;
            if !evaluations::take_one(&mut tx, id, now).await? {
                continue;
            }
            match self.decide(tx, &[id], now).await {
                Err(error) if error.is_of_somebody() => {
                    tracing::error!(customer = %id.0, %error, "a customer can't be decided on");
                    self.metrics.count_unreadable();
                    self.set_aside(id, now).await?;
                }
                done => done?,
            }
        }
        Ok(())
    }

    async fn set_aside(&self, id: CustomerId, now: Timestamp) -> Result<(), SegmentError> {
        let mut tx = self.app.db.begin().await?;
        if evaluations::take_one(&mut tx, id, now).await? {
            let later = now.checked_add(LATER).unwrap_or(Timestamp::MAX);
            evaluations::settle(&mut tx, &[(id, Some(later))]).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The segments in use, with conditions as they are now.
    async fn segments(
        &mut self,
        tx: &mut PgTransaction<'static>,
    ) -> Result<Segments, SegmentError> {
        let mut segments = Segments::default();
        let mut compiled = HashMap::new();
        let mut words = None;
        for (id, version, source) in definitions::in_use(tx).await? {
            let known = self.compiled.remove(&id).filter(|known| known.0 == version);
            let (_, condition) = if let Some(known) = known {
                known
            } else {
                let read = match words {
                    Some(read) => read,
                    None => super::words(tx).await?,
                };
                let condition = readable(&id, &source, &read);
                words = Some(read);
                (version, condition)
            };
            match &condition {
                Some(condition) => segments.conditions.push((id.clone(), condition.clone())),
                None => drop(segments.unreadable.insert(id.clone())),
            }
            compiled.insert(id, (version, condition));
        }
        self.compiled = compiled;
        Ok(segments)
    }
}

/// What is known of people. Of whom there is nothing belongs nowhere: so it is with those who are restricted.
async fn known(
    tx: &mut PgTransaction<'static>,
    keyring: &Keyring,
    ids: &[Uuid],
    scope: &facts::Scope,
) -> Result<BTreeMap<CustomerId, Facts>, SegmentError> {
    if ids.is_empty() {
        // Nothing is asked of anybody: a file of many customers is not read for it.
        return Ok(BTreeMap::new());
    }
    let mut people = customers::people(tx, keyring, ids).await?;
    let restricted = restrictions::among(tx, ids).await?;
    people.retain(|person| !restricted.contains(&person.id));
    Ok(facts::of(tx, keyring, people, scope).await?)
}

/// What is announced of memberships.
fn memberships(decided: &Decided) -> Vec<NewEvent> {
    let left = all_of(decided, |decision| &decision.left);
    let entered = all_of(decided, |decision| &decision.entered);
    let left = left
        .iter()
        .map(|(id, segment)| announce::left(*id, segment));
    let entered = entered
        .iter()
        .map(|(id, segment)| announce::entered(*id, segment));
    left.chain(entered).collect()
}

/// The condition, unless it is none any more.
pub(super) fn readable(id: &SegmentId, source: &str, over: &Vocabulary) -> Option<Condition> {
    let condition = Condition::compile(source, over);
    condition
        .inspect_err(|error| {
            tracing::error!(segment = id.0, %error, "nobody enters or leaves a segment: its condition is none any more");
        })
        .ok()
}

fn all_of(
    decided: &Decided,
    list: impl Fn(&Decision) -> &Vec<SegmentId>,
) -> Vec<(CustomerId, SegmentId)> {
    let pairs = |(id, decision)| {
        let list: &Vec<SegmentId> = list(decision);
        list.iter().map(move |segment| (id, segment.clone()))
    };
    let decided = decided.iter().map(|(id, decision)| (*id, decision));
    decided.flat_map(pairs).collect()
}
