//! The profile service takes customers for one person, or no longer: their memberships follow.
//!
//! What it says may come in any order, since it says it of different customers. So what counts is kept
//! ([`persons`]), and the memberships are brought to it: merges that it no longer stands behind are
//! undone, from the last to the first, then whoever is one person's is merged. Merges by hand stay.

use std::collections::{BTreeSet, HashMap};

use persons::Told;
use sqlx::{Acquire as _, PgTransaction};
use uuid::Uuid;

use super::chain::{Step, chain};
use super::merge::join;
use super::unmerge::part;
use super::{FOLLOWER, MembershipError, follower, settle};
use crate::app::{AppError, Call, Loyalty, enrol};
use crate::store::membership::{apart, merges};

const REASON: &str = "as the profiles of the customers";
/// Most merges and unmerges that follow from one statement: a person has at most 100 ids.
const MOST_STEPS: usize = 400;

/// A merge that stands: who was taken in, by whom.
type Edge = (Uuid, Uuid);

/// The transaction, and what is done in it.
struct Follower<'d, 't> {
    loyalty: &'d Loyalty,
    tx: &'d mut PgTransaction<'t>,
    call: Call,
    /// The ids that are looked at.
    ids: BTreeSet<Uuid>,
    /// What loyalty refuses to do. It is left as it is, and told.
    refused: BTreeSet<Edge>,
}

/// Brings memberships to what the profile service says, unless it has said something newer.
pub(crate) async fn follow(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    told: &Told,
    trace: &str,
) -> Result<(), AppError> {
    if !persons::learn(tx, told).await? {
        return Ok(());
    }
    // Those whose creation is announced elsewhere, and not heard of yet.
    let ids = told.profiles.keys().map(|id| (*id, trace)).collect();
    let enrolled = enrol::enrol_all(loyalty, tx, &ids).await?;
    let events: Vec<_> = enrolled.into_iter().map(|(_, event)| event).collect();
    loyalty.outbox.append_all(tx, &events).await?;
    bring(loyalty, tx, told.profiles.keys().copied().collect()).await
}

/// Brings the memberships of these customers to what the profile service said last.
pub(super) async fn bring(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    ids: BTreeSet<Uuid>,
) -> Result<(), AppError> {
    let mut follower = Follower {
        loyalty,
        tx,
        call: follower(),
        ids,
        refused: BTreeSet::new(),
    };
    follower.part_all().await?;
    follower.join_all().await?;
    follower.remember().await
}

impl Follower<'_, '_> {
    async fn part_all(&mut self) -> Result<(), AppError> {
        for _ in 0..MOST_STEPS {
            let Some((from, into)) = self.wrong().await? else {
                return Ok(());
            };
            self.ids.extend([from, into]);
            let made = merges::page(self.tx, into, None, i64::MAX).await?;
            let standing = made.into_iter().find(|merge| {
                merge.merged_customer_id == from
                    && merge.undone_at.is_none()
                    && merge.merged_by == FOLLOWER
            });
            let Some(merge) = standing else {
                // By hand: whoever decided so is to decide again.
                self.refused.insert((from, into));
                continue;
            };
            let mut attempt = self.tx.begin().await?;
            let which = (into, merge.merge_id);
            let done = part(self.loyalty, &mut attempt, &self.call, which, REASON).await;
            let done = settle(attempt, done.map(drop)).await?;
            self.note((from, into), done);
        }
        Ok(())
    }

    /// A merge of two that are not one person, or the last of those that were made on top of it.
    async fn wrong(&mut self) -> Result<Option<Edge>, AppError> {
        for id in self.ids.clone() {
            let chain = self.chain(id).await?;
            let all: Vec<Uuid> = chain.iter().flat_map(|(from, to)| [*from, *to]).collect();
            let people = self.people(&all).await?;
            let is_wrong = |(from, to): &Edge| people.get(from) != people.get(to);
            if chain.iter().any(is_wrong)
                && let Some(last) = chain.last().filter(|last| !self.refused.contains(*last))
            {
                return Ok(Some(*last));
            }
        }
        Ok(None)
    }

    async fn join_all(&mut self) -> Result<(), AppError> {
        let ids: Vec<Uuid> = self.ids.iter().copied().collect();
        let people = self.people(&ids).await?;
        for (id, into) in ids.iter().filter_map(|id| Some((*id, *people.get(id)?))) {
            let last = |chain: Vec<Edge>, id| chain.last().map_or(id, |(_, to): &Edge| *to);
            let from = last(self.chain(id).await?, id);
            let into = last(self.chain(into).await?, into);
            if from == into {
                continue;
            }
            let mut attempt = self.tx.begin().await?;
            let two = (from, into, REASON);
            let done = join(self.loyalty, &mut attempt, &self.call, two).await;
            let done = settle(attempt, done.map(drop)).await?;
            self.note((from, into), done);
        }
        Ok(())
    }

    /// Whose membership does not follow is tried again later.
    async fn remember(self) -> Result<(), AppError> {
        let refused = self.refused.iter().flat_map(|(from, into)| [*from, *into]);
        let refused: BTreeSet<Uuid> = refused.collect();
        let done: Vec<Uuid> = self.ids.difference(&refused).copied().collect();
        apart::settle(self.tx, &done).await?;
        if refused.is_empty() {
            return Ok(());
        }
        let refused: Vec<Uuid> = refused.into_iter().collect();
        Ok(apart::note(&mut **self.tx, &refused, self.loyalty.now()).await?)
    }

    /// The merges that lead on from a membership, in their order.
    async fn chain(&mut self, id: Uuid) -> Result<Vec<Edge>, AppError> {
        let chain = chain(self.tx, id).await?;
        let edge = |(from, merged): Step| (from, merged.into);
        Ok(chain.into_iter().map(edge).collect())
    }

    /// Whom the profile service takes these for.
    async fn people(&mut self, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>, AppError> {
        let known = persons::profiles_of(&mut **self.tx, ids).await?;
        let person = |id: &Uuid| (*id, known.get(id).copied().unwrap_or(*id));
        Ok(ids.iter().map(person).collect())
    }

    fn note(&mut self, edge: Edge, done: Result<(), MembershipError>) {
        if let Err(error) = done {
            let (from, into) = edge;
            tracing::warn!(%from, %into, %error, "memberships don't follow their profiles");
            self.refused.insert(edge);
        }
    }
}
