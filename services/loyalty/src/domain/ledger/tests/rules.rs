//! The rules of the ledger, one by one, as properties of one wallet.

mod holds;
mod returns;
mod spending;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::*;
use super::hour;
use super::outcome::{Outcome, Refused};
use super::world::World;

/// One member with points, and a clock that stands until it is moved.
struct Member {
    world: World,
    policies: Policies,
}

impl Member {
    fn new() -> Self {
        Self {
            world: World::new(hour(0), &[WalletId::POINTS, WalletId::POINTS]),
            policies: Policies::default(),
        }
    }

    fn at(&mut self, now: Timestamp) -> &mut Self {
        self.world.now = now;
        self
    }

    fn earn(&mut self, points: i64, terms: LotTerms) -> Uuid {
        let earned_at = self.world.now;
        let earned = self
            .world
            .earn(0, points, (terms, earned_at), &self.policies);
        earned.1.unwrap()
    }

    fn redeem(&mut self, points: i64) -> Outcome {
        self.world.redeem(0, points, &self.policies)
    }

    fn hold(&mut self, points: i64) -> Outcome {
        let until = hour(1_000_000);
        self.world.hold(0, points, until, &self.policies)
    }

    fn claw_back(&mut self, lot: Uuid, points: i64) -> Outcome {
        self.world.claw_back(0, lot, points, &self.policies)
    }

    fn wallet(&self) -> &Wallet {
        &self.world.wallets[0]
    }

    fn balances(&self) -> Balances {
        *self.wallet().balances()
    }

    fn parts(&self, lot: Uuid) -> Parts {
        self.wallet().lots().get(lot).unwrap().parts
    }

    /// What is left in lots, in the order of consumption: end and parts.
    fn left(&self) -> Vec<(Option<Timestamp>, Parts)> {
        let mut lots: Vec<&Lot> = self.wallet().lots().iter().collect();
        lots.sort_by_key(|lot| lot.spending_order());
        let parts = lots
            .into_iter()
            .map(|lot| (lot.terms.expires_at, lot.parts));
        let parts = parts.map(|(end, parts)| {
            let lapsed = Points::ZERO;
            (end, Parts { lapsed, ..parts })
        });
        parts
            .filter(|(_, parts)| *parts != Parts::default())
            .collect()
    }
}

/// Points that can be spent at once.
fn from_now_on(now: Timestamp, expires_at: Option<Timestamp>) -> LotTerms {
    LotTerms {
        active_at: Some(now),
        expires_at,
        ..LotTerms::default()
    }
}

/// A member with lots of these sizes, each ending an hour after the one before, from hour 100 on.
fn with_lots(sizes: &[i64]) -> (Member, Vec<Uuid>) {
    let mut member = Member::new();
    let lots = sizes.iter().zip(100..).map(|(points, end)| {
        let terms = from_now_on(hour(0), Some(hour(end)));
        member.earn(*points, terms)
    });
    let lots = lots.collect();
    (member, lots)
}

fn sizes() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(1..30_i64, 1..6)
}
