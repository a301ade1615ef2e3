//! The pairs on which people decide.

use chassis::{Deadline, Refusal};
use contract::patron::profile::v1 as proto;
use idempotency::{Claim, Key};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::RuleError;
use super::policy::InForce;
use crate::app::App;
use crate::app::browse::{Page, with_one_more};
use crate::app::identity::merge::Merge;
use crate::domain::customer::Customer;
use crate::domain::identity::candidate::{Candidate, Pair, Place, State, Verdict};
use crate::domain::identity::link::Link;
use crate::store::matches::candidates;
use crate::wire::matches::decided;

const DECIDE: &str = "patron.profile.v1.MatchService/DecideMatchReview";

/// What somebody says of a pair.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub(crate) pair: Pair,
    /// The two are one person.
    pub(crate) is_match: bool,
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// A pair that was decided on, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Decided {
    pub(crate) candidate: Candidate,
    pub(crate) verdict: Verdict,
    /// What joins the two, and whom both ids lead to.
    pub(crate) joined: Option<(Link, Customer)>,
}

impl App {
    /// The pairs that wait for somebody, after a place in the queue.
    pub(crate) async fn match_reviews(
        &self,
        deadline: Deadline,
        after: Place,
        size: u16,
    ) -> Result<Page<Candidate>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let policy = InForce::read(&mut tx).await?.policy;
        let asked = (policy.review_from, policy.merge_from);
        let found = candidates::waiting(&mut tx, asked, after, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// Decides on a pair, once per `request_id`.
    pub(crate) async fn decide_match_review(
        &self,
        deadline: Deadline,
        request: &proto::DecideMatchReviewRequest,
        ruling: Ruling,
    ) -> Result<Response<proto::DecideMatchReviewResponse>, Status> {
        let key = Key::new(&ruling.actor, DECIDE, &request.request_id)?;
        match self.claim(deadline, key, request).await? {
            Claim::Replayed(answer) => answer,
            Claim::Fresh(mut claimed) => {
                let outcome = self.rule(claimed.transaction(), ruling).await;
                let answer = claimed.finish(outcome.map(decided)).await?;
                self.outbox.committed();
                Ok(answer)
            }
        }
    }

    async fn rule(&self, db: &mut PgTransaction<'_>, ruling: Ruling) -> Result<Decided, Refusal> {
        let pair = ruling.pair;
        let known = candidates::lock(db, pair).await?;
        let candidate = undecided(known)?;
        let verdict = Verdict {
            state: if ruling.is_match {
                State::Merged
            } else {
                State::Rejected
            },
            actor: ruling.actor.clone(),
            reason: ruling.reason.clone(),
            at: self.now(),
        };
        let (keys, joined) = if ruling.is_match {
            let merge = Merge {
                ids: (pair.older, pair.newer),
                actor: ruling.actor,
                reason: ruling.reason,
            };
            let merged = self.merge_by_hand(db, merge).await?;
            (merged.keys, Some((merged.link, merged.customer)))
        } else {
            (self.keys(db, [pair.older]).await?, None)
        };
        candidates::decide(db, &keys, pair, &verdict).await?;
        Ok(Decided {
            candidate,
            verdict,
            joined,
        })
    }
}

fn undecided(known: Option<Candidate>) -> Result<Candidate, RuleError> {
    let known = known.ok_or(RuleError::NotFound)?;
    match known.state {
        State::Open => Ok(known),
        State::Closed => Err(RuleError::NotFound),
        state @ (State::Merged | State::Rejected) => Err(RuleError::AlreadyDecided { state }),
    }
}
