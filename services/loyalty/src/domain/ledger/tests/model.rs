//! The model: every single point is a thing that stands somewhere. An act moves one after the other;
//! what the ledger has to say is counted.

mod holds;
mod moves;
mod returns;

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::super::{Account, DebtPolicy, Due, LotTerms, Policies, Repayment, WalletId};
use super::outcome::{Outcome, Refused};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Available,
    Pending,
    Held,
    Lapsed,
    /// Spent, taken back, or used to repay debt.
    Gone,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    lot: usize,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lot {
    pub(super) wallet: usize,
    pub(super) origin: usize,
    pub(super) earned_at: Timestamp,
    pub(super) terms: LotTerms,
    pub(super) original: i64,
}

#[derive(Clone, Debug)]
struct Hold {
    wallet: usize,
    /// What it still holds, in the order of consumption.
    points: Vec<usize>,
    expires_at: Timestamp,
    has_ended: bool,
}

#[derive(Clone, Debug)]
struct Spend {
    wallet: usize,
    /// In the order of consumption.
    points: Vec<usize>,
    restored: usize,
}

/// A point that repaid debt of a wallet.
#[derive(Clone, Copy, Debug)]
struct Repaying {
    wallet: usize,
    lot: usize,
    point: usize,
    were_pending: bool,
    is_put_in_again: bool,
}

#[derive(Clone, Debug)]
struct Holder {
    wallet_id: WalletId,
    debt: i64,
    lifetime_earned: i64,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) now: Timestamp,
    pub(super) lots: Vec<Lot>,
    points: Vec<Point>,
    holders: Vec<Holder>,
    holds: Vec<Hold>,
    spends: Vec<Spend>,
    /// In their order.
    repayments: Vec<Repaying>,
    /// How many repayments there were when wallets were merged.
    merged_after: BTreeMap<Uuid, usize>,
    program: BTreeMap<(WalletId, Account), i64>,
}

impl Model {
    pub(super) fn new(now: Timestamp, wallets: &[WalletId]) -> Self {
        let holder = |&wallet_id| Holder {
            wallet_id,
            debt: 0,
            lifetime_earned: 0,
        };
        Self {
            now,
            lots: Vec::new(),
            points: Vec::new(),
            holders: wallets.iter().map(holder).collect(),
            holds: Vec::new(),
            spends: Vec::new(),
            repayments: Vec::new(),
            merged_after: BTreeMap::new(),
            program: BTreeMap::new(),
        }
    }

    // What is there.

    pub(super) fn debt(&self, wallet: usize) -> i64 {
        self.holders[wallet].debt
    }

    pub(super) fn lifetime_earned(&self, wallet: usize) -> i64 {
        self.holders[wallet].lifetime_earned
    }

    pub(super) fn program(&self, wallet_id: WalletId, account: Account) -> i64 {
        let balance = self.program.get(&(wallet_id, account));
        balance.copied().unwrap_or_default()
    }

    /// Available, pending, held and lapsed points of each lot.
    pub(super) fn parts(&self) -> Vec<[i64; 4]> {
        let mut parts = vec![[0; 4]; self.lots.len()];
        for point in &self.points {
            match point.place {
                Place::Available => parts[point.lot][0] += 1,
                Place::Pending => parts[point.lot][1] += 1,
                Place::Held => parts[point.lot][2] += 1,
                Place::Lapsed => parts[point.lot][3] += 1,
                Place::Gone => {}
            }
        }
        parts
    }

    fn is_over(&self, lot: usize) -> bool {
        let end = self.lots[lot].terms.expires_at;
        end.is_some_and(|end| end <= self.now)
    }

    fn order(&self, lot: usize) -> (i16, Timestamp, Timestamp, usize) {
        let Lot {
            terms, earned_at, ..
        } = &self.lots[lot];
        let end = terms.expires_at.unwrap_or(Timestamp::MAX);
        (terms.priority, end, *earned_at, lot)
    }

    /// Of the points that are meant, the one whose lot comes first in the order of consumption.
    fn first(&self, is_meant: impl Fn(&Point) -> bool) -> Option<usize> {
        let points = self.points.iter().enumerate();
        let meant = points.filter(|(_, point)| is_meant(point));
        let first = meant.min_by_key(|(number, point)| (self.order(point.lot), *number));
        first.map(|(number, _)| number)
    }

    fn is_spendable(&self, wallet: usize, point: &Point) -> bool {
        point.place == Place::Available
            && self.lots[point.lot].wallet == wallet
            && !self.is_over(point.lot)
    }

    fn spendable(&self, wallet: usize) -> i64 {
        let points = self.points.iter();
        let spendable = points.filter(|point| self.is_spendable(wallet, point));
        i64::try_from(spendable.count()).unwrap()
    }

    fn next(&self, wallet: usize) -> Option<usize> {
        self.first(|point| self.is_spendable(wallet, point))
    }

    // What moves.

    fn book(&mut self, wallet: usize, account: Account, amount: i64) {
        let wallet_id = self.holders[wallet].wallet_id;
        *self.program.entry((wallet_id, account)).or_default() += amount;
    }

    fn open(&mut self, lot: Lot) -> usize {
        self.lots.push(lot);
        self.lots.len() - 1
    }

    /// A lot for so many points out of another, into which they move.
    fn branch(&mut self, points: &[usize], change: impl FnOnce(&mut Lot)) {
        let parent = self.points[points[0]].lot;
        let count = i64::try_from(points.len()).unwrap();
        let mut lot = self.lots[parent].clone();
        let cost = lot.terms.cost_basis.map(|cost| cost * count / lot.original);
        lot.terms.cost_basis = cost;
        lot.original = count;
        change(&mut lot);
        let lot = self.open(lot);
        for point in points {
            self.points[*point].lot = lot;
        }
    }

    fn repay(&mut self, wallet: usize) -> i64 {
        let before = self.holders[wallet].debt;
        while self.holders[wallet].debt > 0 {
            let Some(point) = self.next(wallet) else {
                break;
            };
            self.repay_with(wallet, point);
        }
        before - self.holders[wallet].debt
    }

    fn repay_with(&mut self, wallet: usize, point: usize) {
        let Point { lot, place } = self.points[point];
        self.points[point].place = Place::Gone;
        self.holders[wallet].debt -= 1;
        self.repayments.push(Repaying {
            wallet,
            lot,
            point,
            were_pending: place == Place::Pending,
            is_put_in_again: false,
        });
    }

    fn take(&mut self, wallet: usize, count: i64, place: Place) -> Result<Vec<usize>, Refused> {
        let available = self.spendable(wallet);
        if available < count {
            return Err(Refused::Insufficient { available });
        }
        let mut taken = Vec::new();
        for _ in 0..count {
            let point = self.next(wallet).unwrap();
            self.points[point].place = place;
            taken.push(point);
        }
        Ok(taken)
    }

    /// Points in runs of one lot each.
    fn runs(&self, points: &[usize]) -> Vec<Vec<usize>> {
        let same = |a: &usize, b: &usize| self.points[*a].lot == self.points[*b].lot;
        points.chunk_by(same).map(<[usize]>::to_vec).collect()
    }

    fn put(&mut self, points: &[usize], place: Place) {
        for point in points {
            self.points[*point].place = place;
        }
    }
}
