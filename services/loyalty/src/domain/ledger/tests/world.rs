//! The ledger, driven as the service drives it: what decisions return is all that is kept.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::super::*;
use super::outcome::{Outcome, Refused};
use super::replay::{Program, Replay};

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) wallets: Vec<Wallet>,
    pub(super) holds: Vec<(usize, Hold)>,
    pub(super) spends: Vec<(usize, Spent)>,
    pub(super) program: Program,
    replays: Vec<Replay>,
    /// Entries of repayments, with whose they are.
    repayments: Vec<(usize, Entry)>,
    /// How many of them there were when wallets were merged.
    merged_after: BTreeMap<Uuid, usize>,
    ids: Ids,
}

/// Ids that count up.
#[derive(Default)]
pub(super) struct Ids(Cell<u128>);

impl Ids {
    pub(super) fn next(&self) -> Uuid {
        self.0.set(self.0.get() + 1);
        Uuid::from_u128(self.0.get())
    }
}

fn cause(now: Timestamp) -> Cause<'static> {
    Cause {
        reference: "test",
        effective_at: now,
    }
}

impl World {
    pub(super) fn new(now: Timestamp, wallets: &[WalletId]) -> Self {
        Self {
            now,
            wallets: wallets.iter().copied().map(Wallet::empty).collect(),
            holds: Vec::new(),
            spends: Vec::new(),
            program: Program::new(),
            replays: vec![Replay::default(); wallets.len()],
            repayments: Vec::new(),
            merged_after: BTreeMap::new(),
            ids: Ids::default(),
        }
    }

    /// Whatever happened: the books balance, and each wallet is what its entries add up to.
    pub(super) fn assert_sound(&self) {
        for (wallet, replay) in self.wallets.iter().zip(&self.replays) {
            replay.assert_equal(wallet);
        }
        let currencies: BTreeSet<WalletId> = self.wallets.iter().map(Wallet::wallet_id).collect();
        for currency in currencies {
            let wallets = self.wallets.iter().zip(&self.replays);
            let of_currency = wallets.filter(|(wallet, _)| wallet.wallet_id() == currency);
            let owned: i64 = of_currency.map(|(_, replay)| replay.total()).sum();
            let program = self.program.iter().filter(|((of, _), _)| *of == currency);
            let program: i64 = program.map(|(_, balance)| balance).sum();
            assert_eq!(owned + program, 0, "the books of {currency} balance");
        }
    }

    fn decide<T>(&self, decision: impl FnOnce(Occasion<'_>) -> T) -> T {
        decision(Occasion {
            now: self.now,
            new_id: &|| self.ids.next(),
        })
    }

    fn keep(&mut self, wallet: usize, posting: &Posting) {
        let operations = posting.operations().iter();
        let repaying = operations.filter(|operation| operation.kind == Kind::RepayDebt);
        let entries = repaying.flat_map(|operation| operation.entries.iter().copied());
        self.repayments.extend(entries.map(|entry| (wallet, entry)));
        self.wallets[wallet].apply(posting).unwrap();
        self.replays[wallet].add(posting, &mut self.program);
    }

    /// Earns, and tells the new lot too.
    pub(super) fn earn(
        &mut self,
        wallet: usize,
        points: i64,
        (terms, effective_at): (LotTerms, Timestamp),
        policies: &Policies,
    ) -> (Outcome, Option<Uuid>) {
        let earning = Earning {
            points: Points::new(points),
            terms,
            cause: Cause {
                effective_at,
                ..cause(self.now)
            },
        };
        let purse = &self.wallets[wallet];
        let earned = self.decide(|occasion| earn(purse, earning, policies, occasion));
        let Some(earned) = earned.unwrap() else {
            return (Err(Refused::Nothing), None);
        };
        self.keep(wallet, &earned.posting);
        (Ok(vec![earned.debt_repaid.get()]), Some(earned.lot_id))
    }

    pub(super) fn activate(&mut self, wallet: usize, which: Which<'_>) -> Outcome {
        let activation = Activation {
            which,
            cause: cause(self.now),
        };
        let purse = &self.wallets[wallet];
        let activated = self.decide(|occasion| activate(purse, activation, occasion))?;
        let activated = activated.ok_or(Refused::Nothing)?;
        self.keep(wallet, &activated.posting);
        Ok(vec![activated.points.get(), activated.debt_repaid.get()])
    }

    pub(super) fn redeem(&mut self, wallet: usize, points: i64, policies: &Policies) -> Outcome {
        let redemption = Redemption {
            points: Points::new(points),
            cause: cause(self.now),
        };
        let purse = &self.wallets[wallet];
        let redeemed = self.decide(|occasion| redeem(purse, redemption, policies, occasion))?;
        self.keep(wallet, &redeemed.posting);
        self.spent(wallet, redeemed.lots);
        Ok(Vec::new())
    }

    fn spent(&mut self, wallet: usize, lots: Vec<LotShare>) {
        let restored = Points::ZERO;
        self.spends.push((wallet, Spent { lots, restored }));
    }

    pub(super) fn hold(
        &mut self,
        wallet: usize,
        points: i64,
        expires_at: Timestamp,
        policies: &Policies,
    ) -> Outcome {
        let placement = Placement {
            hold_id: self.ids.next(),
            points: Points::new(points),
            expires_at,
            cause: cause(self.now),
        };
        let purse = &self.wallets[wallet];
        let placed = self.decide(|occasion| hold(purse, placement, policies, occasion))?;
        self.keep(wallet, &placed.posting);
        self.holds.push((wallet, placed.hold));
        Ok(Vec::new())
    }

    pub(super) fn confirm(
        &mut self,
        number: usize,
        points: i64,
        is_final: bool,
        policies: &Policies,
    ) -> Outcome {
        let confirmation = Confirmation {
            points: Points::new(points),
            is_final,
            cause: cause(self.now),
        };
        let (wallet, hold) = &self.holds[number];
        let (wallet, purse) = (*wallet, &self.wallets[*wallet]);
        let confirmed =
            self.decide(|occasion| confirm(purse, hold, confirmation, policies, occasion))?;
        self.keep(wallet, &confirmed.posting);
        self.spent(wallet, confirmed.lots);
        self.holds[number].1 = confirmed.hold;
        Ok(vec![
            confirmed.beyond_hold.get(),
            confirmed.released.get(),
            confirmed.lapsed.get(),
        ])
    }

    pub(super) fn release(&mut self, number: usize, policies: &Policies) -> Outcome {
        let (wallet, hold) = &self.holds[number];
        let purse = &self.wallets[*wallet];
        let cause = cause(self.now);
        let released = self.decide(|occasion| release(purse, hold, cause, policies, occasion))?;
        Ok(self.released(number, released))
    }

    pub(super) fn time_out(&mut self, number: usize, policies: &Policies) -> Outcome {
        let (wallet, hold) = &self.holds[number];
        let purse = &self.wallets[*wallet];
        let cause = cause(self.now);
        let released = self.decide(|occasion| time_out(purse, hold, cause, policies, occasion))?;
        Ok(self.released(number, released))
    }

    fn released(&mut self, number: usize, released: Released) -> Vec<i64> {
        self.keep(self.holds[number].0, &released.posting);
        self.holds[number].1 = released.hold;
        vec![released.points.get(), released.lapsed.get()]
    }

    pub(super) fn claw_back(
        &mut self,
        wallet: usize,
        lot: Uuid,
        points: i64,
        policies: &Policies,
    ) -> Outcome {
        let claw = ClawBack {
            points: Points::new(points),
            own_lots: &[lot],
            cause: cause(self.now),
        };
        let purse = &self.wallets[wallet];
        let taken = self.decide(|occasion| claw_back(purse, claw, policies, occasion))?;
        let taken = taken.ok_or(Refused::Nothing)?;
        self.keep(wallet, &taken.posting);
        Ok(vec![
            taken.from_own.get(),
            taken.from_others.get(),
            taken.debt_added.get(),
            taken.not_taken.get(),
        ])
    }

    pub(super) fn restore(
        &mut self,
        number: usize,
        (refunded, paid): (i64, i64),
        policies: &Policies,
    ) -> Outcome {
        let (wallet, spent) = &self.spends[number];
        let restoration = Restoration {
            spent,
            refund: Refund { refunded, paid },
            cause: cause(self.now),
        };
        let purse = &self.wallets[*wallet];
        let restored = self.decide(|occasion| restore(purse, restoration, policies, occasion))?;
        let restored = restored.ok_or(Refused::Nothing)?;
        self.keep(*wallet, &restored.posting);
        self.spends[number].1 = restored.spent;
        Ok(vec![
            restored.points.get(),
            restored.lapsed.get(),
            restored.debt_repaid.get(),
        ])
    }

    pub(super) fn expire(&mut self, wallet: usize) -> Outcome {
        let purse = &self.wallets[wallet];
        let expired = self.decide(|occasion| expire(purse, cause(self.now), occasion))?;
        let expired = expired.ok_or(Refused::Nothing)?;
        self.keep(wallet, &expired.posting);
        Ok(vec![expired.points.get()])
    }

    pub(super) fn forfeit(&mut self, wallet: usize) -> Outcome {
        let purse = &self.wallets[wallet];
        let lost = self.decide(|occasion| forfeit(purse, cause(self.now), occasion))?;
        let lost = lost.ok_or(Refused::Nothing)?;
        self.keep(wallet, &lost.posting);
        Ok(vec![lost.points.get()])
    }

    pub(super) fn transfer(
        &mut self,
        (from, to): (usize, usize),
        points: i64,
        policies: &Policies,
    ) -> Outcome {
        let order = Transfer {
            points: Points::new(points),
            cause: cause(self.now),
        };
        let (giver, getter) = (&self.wallets[from], &self.wallets[to]);
        let moved = self.decide(|occasion| transfer(giver, getter, order, policies, occasion))?;
        self.keep(from, &moved.out);
        self.keep(to, &moved.into);
        Ok(vec![moved.debt_repaid.get()])
    }

    pub(super) fn join(&mut self, member: usize, pool: usize, contributor: Uuid) -> Outcome {
        let (own, shared) = (&self.wallets[member], &self.wallets[pool]);
        let cause = cause(self.now);
        let brought = self.decide(|occasion| join(own, shared, contributor, cause, occasion))?;
        Ok(self.brought((member, pool), &brought))
    }

    pub(super) fn leave(&mut self, pool: usize, member: usize, contributor: Uuid) -> Outcome {
        let (own, shared) = (&self.wallets[member], &self.wallets[pool]);
        let cause = cause(self.now);
        let brought = self.decide(|occasion| leave(shared, own, contributor, cause, occasion))?;
        Ok(self.brought((pool, member), &brought))
    }

    fn brought(&mut self, (from, to): (usize, usize), brought: &Brought) -> Vec<i64> {
        self.keep(from, &brought.out);
        self.keep(to, &brought.into);
        vec![brought.still_held.get(), brought.debt_repaid.get()]
    }

    pub(super) fn merge(&mut self, from: usize, to: usize, mark: Uuid) -> Outcome {
        let (giver, getter) = (&self.wallets[from], &self.wallets[to]);
        let cause = cause(self.now);
        let merged = self.decide(|occasion| merge(giver, getter, mark, cause, occasion))?;
        self.merged_after.insert(mark, self.repayments.len());
        Ok(self.merged((from, to), &merged))
    }

    pub(super) fn unmerge(&mut self, (from, to): (usize, usize), due: Due<'_>) -> Outcome {
        let cause = cause(self.now);
        let mut giver = self.wallets[from].clone();
        let repaid = self.repaid_since(from, due.merge_id);
        let owed = self.decide(|occasion| reopen(&giver, due, &repaid, cause, occasion))?;
        giver.apply(&owed).unwrap();
        let getter = &self.wallets[to];
        let merged = self.decide(|occasion| unmerge(&giver, getter, due, cause, occasion))?;
        let before = self.wallets[from].balances().owed().unwrap();
        self.keep(from, &owed);
        let after = self.wallets[from].balances().owed().unwrap();
        let told = self.merged((from, to), &merged);
        Ok([vec![after.get() - before.get()], told].concat())
    }

    fn repaid_since(&self, wallet: usize, merge_id: Uuid) -> Repaid {
        let mut repaid = Repaid::default();
        let since = self.merged_after[&merge_id];
        for (_, entry) in self.repayments[since..]
            .iter()
            .filter(|(of, _)| *of == wallet)
        {
            if let Some(lot_id) = entry.lot_id {
                repaid.add(lot_id, entry.account, entry.amount).unwrap();
            }
        }
        repaid
    }

    fn merged(&mut self, (from, to): (usize, usize), merged: &Merged) -> Vec<i64> {
        self.keep(from, &merged.out);
        self.keep(to, &merged.into);
        vec![
            merged.points.get(),
            merged.debt.get(),
            merged.debt_repaid.get(),
        ]
    }

    pub(super) fn adjust(&mut self, wallet: usize, change: Change, policies: &Policies) -> Outcome {
        let is_credit = matches!(change, Change::Credit(..));
        let adjustment = Adjustment {
            change,
            cause: cause(self.now),
        };
        let purse = &self.wallets[wallet];
        let adjusted = self.decide(|occasion| adjust(purse, adjustment, policies, occasion))?;
        self.keep(wallet, &adjusted.posting);
        let debt = if is_credit {
            adjusted.debt_repaid
        } else {
            adjusted.debt_added
        };
        Ok(vec![debt.get()])
    }

    pub(super) fn redate(
        &mut self,
        wallet: usize,
        lot: Uuid,
        expires_at: Option<Timestamp>,
    ) -> Outcome {
        let redating = Redating {
            lots: &[lot],
            expires_at,
            cause: cause(self.now),
        };
        let purse = &self.wallets[wallet];
        let redated = self.decide(|occasion| redate(purse, redating, occasion))?;
        let redated = redated.ok_or(Refused::Nothing)?;
        self.keep(wallet, &redated.posting);
        Ok(vec![redated.lots.iter().map(|lot| lot.points.get()).sum()])
    }
}
