//! Merging what the policy is sure about.

use std::time::Duration;

use chassis::{Deadline, Refusal};
use postgres::DatabaseError;
use seal::Keyring;
use sqlx::{PgConnection, PgTransaction};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::candidate;
use super::policy::InForce;
use crate::app::App;
use crate::app::identity::merge::Merge;
use crate::domain::customer::Customer;
use crate::domain::identity::candidate::{Candidate, Pair, State, Verdict};
use crate::domain::identity::link::LinkKind;
use crate::domain::identity::match_policy::Decision;
use crate::refusals;
use crate::store::customers;
use crate::store::matches::candidates::{self, FIRST};
use crate::store::privacy::restrictions;

/// How long a pair that is sure enough may wait.
const PAUSE: Duration = Duration::from_secs(1);
/// Most pairs that are read at once.
const PAGE: i64 = 100;
/// Time for one merge.
const TIME: Duration = Duration::from_secs(10);
/// Who merges by the policy, as links name it.
const ACTOR: &str = "match-policy";

/// Merges until it is told to stop. Runs in every replica: a pair is locked by whoever merges it. What was
/// broken off is found again, for it is in the queue until the transaction that merges it is committed.
pub(crate) async fn keep_merging(app: App, stop: CancellationToken) {
    let mut interval = tokio::time::interval(PAUSE);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        if let Err(refusal) = app.merge_due(&stop).await {
            let reason = refusal.reason();
            tracing::warn!(reason, "the match policy could not merge; it goes on soon");
        }
    }
}

impl App {
    /// Looks once at each pair that the policy merges, the likeliest first.
    async fn merge_due(&self, stop: &CancellationToken) -> Result<(), Refusal> {
        let mut after = FIRST;
        loop {
            let mut tx = self.begin(Deadline::after(TIME)).await?;
            let in_force = InForce::read(&mut tx).await?;
            let Some(merge_from) = in_force.policy.merge_from else {
                return Ok(());
            };
            let due = candidates::due(&mut tx, merge_from, after, PAGE).await?;
            drop(tx);
            for found in &due {
                if stop.is_cancelled() {
                    return Ok(());
                }
                self.merge_by_rule(found.pair).await?;
            }
            match due.last() {
                Some(last) => after = last.place(),
                None => return Ok(()),
            }
        }
    }

    /// Merges a pair, or writes why that is refused. What will pass is an error, and is tried again.
    async fn merge_by_rule(&self, pair: Pair) -> Result<(), Refusal> {
        let mut tx = self.begin(Deadline::after(TIME)).await?;
        match self.settle_pair(&mut tx, pair).await {
            Ok(()) => {
                commit(tx).await?;
                self.outbox.committed();
                Ok(())
            }
            Err(refusal) if passes(&refusal) => Err(refusal),
            Err(refusal) => {
                // What was half done is not kept; the pair waits for a person.
                drop(tx);
                let mut tx = self.begin(Deadline::after(TIME)).await?;
                candidates::refuse(&mut tx, pair, refusal.reason()).await?;
                commit(tx).await
            }
        }
    }

    async fn settle_pair(&self, db: &mut PgTransaction<'_>, pair: Pair) -> Result<(), Refusal> {
        let known = candidates::lock(db, pair).await?;
        let Some(known) = known.filter(|it| it.state == State::Open) else {
            return Ok(());
        };
        let in_force = InForce::read(db).await?;
        let Some([one, other]) = both(db, &self.keyring, pair).await? else {
            let state = State::Closed;
            return Ok(candidates::put(db, &[Candidate { state, ..known }]).await?);
        };
        // The two may have changed since they were compared.
        let fresh = Candidate {
            find_time: known.find_time,
            ..candidate(&one, &other, self.now())
        };
        let score = fresh.score_permille;
        if in_force.policy.decide(&fresh) != Decision::Merge {
            return Ok(candidates::put(db, &[fresh]).await?);
        }
        let homes = [one.homes().ids(), other.homes().ids()].concat();
        if restrictions::is_any(db, &homes).await? {
            return Err(refusals::customer_restricted());
        }
        let merge = Merge {
            ids: (pair.older, pair.newer),
            actor: ACTOR.to_owned(),
            reason: format!("match policy {}, score {score}", in_force.version),
        };
        let verdict = Verdict {
            state: State::Merged,
            actor: merge.actor.clone(),
            reason: merge.reason.clone(),
            at: self.now(),
        };
        candidates::put(db, &[fresh]).await?;
        let merged = self.merge_as(db, merge, (LinkKind::Rule, score)).await?;
        Ok(candidates::decide(db, &merged.keys, pair, &verdict).await?)
    }
}

/// Locks both and reads them; `None` when they are not two any more, or somebody has said that they stay
/// two.
async fn both(
    db: &mut PgConnection,
    keyring: &Keyring,
    pair: Pair,
) -> Result<Option<[Customer; 2]>, Refusal> {
    let locked = customers::lock_all(db, keyring, &pair.ids()).await?;
    let locked = <[Customer; 2]>::try_from(locked.unwrap_or_default()).ok();
    let is_itself = |both: &[Customer; 2]| both.iter().all(|it| pair.ids().contains(&it.id));
    let Some([one, other]) = locked.filter(is_itself) else {
        return Ok(None);
    };
    let strangers = candidates::strangers(db, &one.homes().ids()).await?;
    let homes = other.homes();
    let are_strangers = strangers.iter().any(|id| homes.has(*id));
    Ok((!are_strangers).then_some([one, other]))
}

/// Whether it is a matter of time, not of the pair.
fn passes(refusal: &Refusal) -> bool {
    matches!(
        refusal.code(),
        Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::ResourceExhausted
    )
}

async fn commit(tx: PgTransaction<'_>) -> Result<(), Refusal> {
    let committed = tx.commit().await;
    committed.map_err(|error| refusals::database(DatabaseError::from(error)))
}
