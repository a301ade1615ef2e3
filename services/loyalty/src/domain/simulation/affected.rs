use std::cmp::Reverse;
use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Compared, Member};
use crate::domain::program::{LadderId, TierId};
use crate::domain::{LedgerError, WalletId};

/// A member whom it would make a difference to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// Who.
    pub customer_id: Uuid,
    /// Points that were earned and kept, in the main point currency.
    pub points: Compared,
    /// Ladders on which the member would stand elsewhere.
    pub tiers: Vec<TierMove>,
}

/// A member's tier, as it would be and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierMove {
    /// The ladder.
    pub ladder_id: LadderId,
    /// In the simulation; `None`: on no tier.
    pub simulated: Option<TierId>,
    /// Really; `None`: on no tier.
    pub actual: Option<TierId>,
}

/// How many there are, and those whom it would make the most difference to.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    pub(super) count: i64,
    /// By difference, then by id so that equals always come in the same order.
    most: BTreeMap<(Reverse<u64>, Uuid), Affected>,
    size: usize,
}

impl Sample {
    pub(super) fn of(size: usize) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }

    /// Takes a member in, if it makes a difference to it in any currency or ladder.
    pub(super) fn add(&mut self, member: &Member, main: WalletId) -> Result<(), LedgerError> {
        let points = Compared {
            simulated: member.simulated.kept(main)?.get(),
            actual: member.actual.kept(main)?.get(),
        };
        let tiers = moves(member);
        if points.is_same() && tiers.is_empty() && has_same_points(member)? {
            return Ok(());
        }
        self.count += 1;
        let affected = Affected {
            customer_id: member.customer_id,
            points,
            tiers,
        };
        let place = (Reverse(points.difference()), member.customer_id);
        self.most.insert(place, affected);
        if self.most.len() > self.size {
            self.most.pop_last();
        }
        Ok(())
    }

    pub(super) fn into_members(self) -> Vec<Affected> {
        self.most.into_values().collect()
    }
}

fn has_same_points(member: &Member) -> Result<bool, LedgerError> {
    let sides = [&member.simulated, &member.actual];
    let wallets = sides.iter().flat_map(|side| &side.earned);
    for wallet_id in wallets.map(|earned| earned.wallet_id) {
        if member.simulated.kept(wallet_id)? != member.actual.kept(wallet_id)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A ladder that only one of the two programs has is one on which nobody stands in the other.
fn moves(member: &Member) -> Vec<TierMove> {
    let (simulated, actual) = (&member.simulated.tiers, &member.actual.tiers);
    let added = actual
        .keys()
        .filter(|ladder| !simulated.contains_key(*ladder));
    let ladders = simulated.keys().chain(added);
    let on =
        |tiers: &BTreeMap<LadderId, Option<TierId>>, ladder| tiers.get(ladder).cloned().flatten();
    let moves = ladders.map(|ladder_id| TierMove {
        ladder_id: ladder_id.clone(),
        simulated: on(simulated, ladder_id),
        actual: on(actual, ladder_id),
    });
    moves
        .filter(|moved| moved.simulated != moved.actual)
        .collect()
}
