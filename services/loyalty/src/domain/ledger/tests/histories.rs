//! After each act of a random history the ledger and the model agree: on what came of it, on every
//! balance, on every lot, and on what the program's accounts say.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::*;
use super::acts::{Act, Active, House, MEMBERS, POOL, Rules, WALLETS, act, house};
use super::hour;
use super::model::{Lot as ModelLot, Model};
use super::outcome::Outcome;
use super::world::World;

/// A merge: from where to where, under which id, with how many points and how much debt.
type Done = ((usize, usize), (Uuid, [i64; 2]));

/// What was earned with one purchase, and how much of it nobody took back yet.
struct Sale {
    wallet: usize,
    lot: Uuid,
    origin: usize,
    left: i64,
}

struct History {
    now: Timestamp,
    houses: Vec<House>,
    world: World,
    model: Model,
    sales: Vec<Sale>,
    /// Hundredths of its price that were paid back for each spend.
    refunded: Vec<i64>,
    /// Which wallets were merged into which, and what that moved.
    merges: Vec<Done>,
}

fn contributor(member: usize) -> Uuid {
    Uuid::from_u128(1 + u128::try_from(member).unwrap())
}

/// What a number refers to among those that there are.
fn among<T>(all: &[T], number: usize) -> Option<usize> {
    number.checked_rem(all.len())
}

impl History {
    fn new(houses: Vec<House>) -> Self {
        let other = WalletId::parse("MILES").unwrap();
        let mut wallets = [WalletId::POINTS; WALLETS];
        wallets[WALLETS - 1] = other;
        let now = hour(0);
        Self {
            now,
            houses,
            world: World::new(now, &wallets),
            model: Model::new(now, &wallets),
            sales: Vec::new(),
            refunded: Vec::new(),
            merges: Vec::new(),
        }
    }

    fn after(&self, hours: i64) -> Timestamp {
        self.now + SignedDuration::from_hours(hours)
    }

    fn policies(&self, wallet: usize) -> Policies {
        let house = self.houses[wallet];
        Policies {
            spending: house.spending,
            debt: house.debt,
            repayment: house.repayment,
            confirms_above_hold: house.confirms_above_hold,
            mercy_until: house.mercy_hours.map(|hours| self.after(hours)),
            restored_until: house.restored_hours.map(|hours| self.after(hours)),
            spender: State::Active,
            allowance: house.allowance.map(Points::new),
        }
    }

    fn terms(&self, wallet: usize, rules: Rules) -> LotTerms {
        LotTerms {
            priority: rules.priority,
            active_at: match rules.active {
                Active::Now => Some(self.now),
                Active::After(hours) => Some(self.after(hours)),
                Active::OnEvent => None,
            },
            expires_at: rules.lasts.map(|hours| self.after(hours)),
            cost_basis: rules.cost,
            funding_partner: None,
            contributor: (wallet == POOL).then(|| contributor(0)),
        }
    }

    /// Carries out an act on both sides and tells what came of it. One that refers to nothing there
    /// is does nothing.
    fn perform(&mut self, act: &Act) -> Option<Outcome> {
        let (told, counted) = self.both(act)?;
        assert_eq!(told, counted, "{act:?}");
        self.assert_alike();
        self.world.assert_sound();
        Some(told)
    }

    fn both(&mut self, act: &Act) -> Option<(Outcome, Outcome)> {
        match *act {
            Act::Wait { hours } => {
                self.now = self.after(hours);
                (self.world.now, self.model.now) = (self.now, self.now);
                None
            }
            Act::Earn {
                wallet,
                points,
                rules,
                ago,
            } => {
                let terms = (self.terms(wallet, rules), self.after(-ago));
                Some(self.earn(wallet, points, terms))
            }
            Act::ClawBack {
                sale,
                percent,
                in_pool,
            } => self.claw_back(sale, percent, in_pool),
            Act::Restore { spend, percent } => self.restore(spend, percent),
            Act::Hold {
                wallet,
                points,
                hours,
            } => {
                let (end, policies) = (self.after(hours), self.policies(wallet));
                Some((
                    self.world.hold(wallet, points, end, &policies),
                    self.model.hold(wallet, points, end, &policies),
                ))
            }
            Act::Redeem { wallet, points } => {
                let policies = self.policies(wallet);
                Some((
                    self.world.redeem(wallet, points, &policies),
                    self.model.redeem(wallet, points, &policies),
                ))
            }
            Act::Transfer { from, to, points } => {
                let policies = self.policies(from);
                Some((
                    self.world.transfer((from, to), points, &policies),
                    self.model.transfer((from, to), points, &policies),
                ))
            }
            Act::Confirm { .. } | Act::Release { .. } | Act::TimeOut { .. } => self.resolve(act),
            Act::Merge { from, to } => Some(self.merge(from, to)),
            Act::Unmerge { merge, percent } => {
                let ((from, to), (merge_id, [points, debt])) =
                    self.merges[among(&self.merges, merge)?];
                let earlier = self.merges.iter().filter(|((_, into), _)| *into == from);
                let within: Vec<Uuid> = earlier.map(|(_, (mark, _))| *mark).collect();
                let due = Due {
                    merge_id,
                    within: &within,
                    points: Points::new(points * percent / 100),
                    debt: Points::new(debt),
                };
                Some((
                    self.world.unmerge((to, from), due),
                    self.model.unmerge((to, from), due),
                ))
            }
            _ => self.keep_house(act),
        }
    }

    fn earn(
        &mut self,
        wallet: usize,
        points: i64,
        terms: (LotTerms, Timestamp),
    ) -> (Outcome, Outcome) {
        let (policies, origin) = (self.policies(wallet), self.model.lots.len());
        let (told, lot) = self.world.earn(wallet, points, terms.clone(), &policies);
        let account = (wallet, Account::Issuance);
        let counted = self.model.credit(account, points, terms, &policies);
        self.sales.extend(lot.map(|lot| Sale {
            wallet,
            lot,
            origin,
            left: points,
        }));
        (told, counted)
    }

    fn claw_back(
        &mut self,
        number: usize,
        percent: i64,
        in_pool: bool,
    ) -> Option<(Outcome, Outcome)> {
        let number = among(&self.sales, number)?;
        let Sale {
            wallet,
            lot,
            origin,
            left,
        } = self.sales[number];
        let wallet = if in_pool && wallet < MEMBERS {
            POOL
        } else {
            wallet
        };
        let points = left * percent / 100;
        self.sales[number].left -= points;
        let policies = self.policies(wallet);
        Some((
            self.world.claw_back(wallet, lot, points, &policies),
            self.model.claw_back(wallet, origin, points, &policies),
        ))
    }

    fn restore(&mut self, number: usize, percent: i64) -> Option<(Outcome, Outcome)> {
        let number = among(&self.world.spends, number)?;
        self.refunded.resize(self.world.spends.len(), 0);
        self.refunded[number] += (100 - self.refunded[number]) * percent / 100;
        let refund = (self.refunded[number], 100);
        let policies = self.policies(self.world.spends[number].0);
        Some((
            self.world.restore(number, refund, &policies),
            self.model.restore(number, refund, &policies),
        ))
    }

    fn merge(&mut self, from: usize, to: usize) -> (Outcome, Outcome) {
        let mark = Uuid::from_u128(1_u128 << 100 | u128::try_from(self.merges.len()).unwrap());
        let told = self.world.merge(from, to, mark);
        let counted = self.model.merge(from, to, mark);
        if let Ok(moved) = &told {
            self.merges.push(((from, to), (mark, [moved[0], moved[1]])));
        }
        (told, counted)
    }

    fn resolve(&mut self, act: &Act) -> Option<(Outcome, Outcome)> {
        let (Act::Confirm { hold, .. } | Act::Release { hold } | Act::TimeOut { hold }) = *act
        else {
            return None;
        };
        let hold = among(&self.world.holds, hold)?;
        let policies = self.policies(self.world.holds[hold].0);
        Some(match *act {
            Act::Confirm {
                points, is_final, ..
            } => (
                self.world.confirm(hold, points, is_final, &policies),
                self.model.confirm(hold, points, is_final, &policies),
            ),
            Act::Release { .. } => (
                self.world.release(hold, &policies),
                self.model.release(hold, &policies),
            ),
            _ => (
                self.world.time_out(hold, &policies),
                self.model.time_out(hold, &policies),
            ),
        })
    }

    fn keep_house(&mut self, act: &Act) -> Option<(Outcome, Outcome)> {
        let (world, model) = (&mut self.world, &mut self.model);
        Some(match *act {
            Act::ActivateDue { wallet } => (
                world.activate(wallet, Which::Due),
                model.activate(wallet, None),
            ),
            Act::ActivateSale { sale, in_pool } => {
                let sale = &self.sales[among(&self.sales, sale)?];
                let wallet = if in_pool { POOL } else { sale.wallet };
                (
                    world.activate(wallet, Which::Of(&[sale.lot])),
                    model.activate(wallet, Some(sale.origin)),
                )
            }
            Act::Expire { wallet } => (world.expire(wallet), model.expire(wallet)),
            Act::Forfeit { wallet } => (world.forfeit(wallet), model.forfeit(wallet)),
            Act::Join { member } => (
                world.join(member, POOL, contributor(member)),
                model.join(member, POOL, contributor(member)),
            ),
            Act::Leave { member } => (
                world.leave(POOL, member, contributor(member)),
                Ok(model.leave(POOL, member, contributor(member))),
            ),
            _ => return self.correct(act),
        })
    }

    fn correct(&mut self, act: &Act) -> Option<(Outcome, Outcome)> {
        Some(match *act {
            Act::Credit {
                wallet,
                points,
                rules,
            } => {
                let (terms, policies) = (self.terms(wallet, rules), self.policies(wallet));
                let change = Change::Credit(Points::new(points), terms.clone());
                let account = (wallet, Account::Adjustment);
                (
                    self.world.adjust(wallet, change, &policies),
                    self.model
                        .credit(account, points, (terms, self.now), &policies),
                )
            }
            Act::Debit { wallet, points } => {
                let policies = self.policies(wallet);
                let change = Change::Debit(Points::new(points));
                (
                    self.world.adjust(wallet, change, &policies),
                    self.model.debit(wallet, points, &policies),
                )
            }
            Act::Redate { wallet, lot, lasts } => {
                let end = lasts.map(|hours| self.after(hours));
                let ids: Vec<Uuid> = self.world.wallets[wallet].lots().iter().map(id).collect();
                let number = among(&ids, lot)?;
                let lots = 0..self.model.lots.len();
                let mut here = lots.filter(|lot| self.model.lots[*lot].wallet == wallet);
                let lot = here.nth(number)?;
                (
                    self.world.redate(wallet, ids[number], end),
                    self.model.redate(lot, end),
                )
            }
            _ => return None,
        })
    }

    fn assert_alike(&self) {
        let parts = self.model.parts();
        let mut origins = Vec::new();
        for (number, wallet) in self.world.wallets.iter().enumerate() {
            let of_wallet = |(_, lot): &(usize, &ModelLot)| lot.wallet == number;
            let counted = self.model.lots.iter().enumerate().filter(of_wallet);
            let counted: Vec<_> = counted.collect();
            assert_eq!(wallet.lots().len(), counted.len());
            for (told, (lot, counted)) in wallet.lots().iter().zip(counted) {
                let Parts {
                    available,
                    pending,
                    held,
                    lapsed,
                } = told.parts;
                let told_parts = [available, pending, held, lapsed].map(Points::get);
                assert_eq!(told_parts, parts[lot], "{told:?}");
                assert_eq!(told.terms, counted.terms);
                assert_eq!(told.earned_at, counted.earned_at);
                assert_eq!(told.original.get(), counted.original);
                origins.push((told.origin_id, counted.origin));
            }
            assert_eq!(wallet.balances().debt.get(), -self.model.debt(number));
            let earned = wallet.figures().lifetime_earned.get();
            assert_eq!(earned, self.model.lifetime_earned(number));
            self.assert_nobody_owes_who_has(number);
        }
        assert_one_to_one(origins);
        for ((currency, account), told) in &self.world.program {
            let counted = self.model.program(*currency, *account);
            assert_eq!(*told, counted, "{account:?} of {currency}");
        }
    }

    fn assert_nobody_owes_who_has(&self, wallet: usize) {
        let wallet = &self.world.wallets[wallet];
        let has = wallet.spendable(self.now).unwrap();
        assert!(
            has.is_zero() || wallet.balances().debt.is_zero(),
            "whoever owes has nothing to spend"
        );
    }
}

fn id(lot: &Lot) -> Uuid {
    lot.lot_id
}

fn assert_one_to_one(mut origins: Vec<(Uuid, usize)>) {
    origins.sort_unstable();
    origins.dedup();
    let count = origins.len();
    origins.dedup_by_key(|(told, _)| *told);
    assert_eq!(
        origins.len(),
        count,
        "one origin in the ledger, one in the model"
    );
}

pub(super) fn history(acts: usize) -> impl Strategy<Value = (Vec<House>, Vec<Act>)> {
    let houses = prop::collection::vec(house(), WALLETS);
    (houses, prop::collection::vec(act(), acts / 2..=acts))
}

/// How often each kind of act came out how.
pub(super) type Tally = BTreeMap<(String, String), u64>;

/// Lives through a history and counts what came of its acts.
pub(super) fn live(houses: Vec<House>, acts: &[Act], tally: &mut Tally) {
    let mut history = History::new(houses);
    for act in acts {
        if let Some(outcome) = history.perform(act) {
            *tally.entry((word(act), told(&outcome))).or_default() += 1;
        }
    }
}

fn told(outcome: &Outcome) -> String {
    outcome.as_ref().map_or_else(word, |_| "done".to_owned())
}

/// The name of a variant.
fn word(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find(|letter: char| !letter.is_alphanumeric());
    text[..end.unwrap_or(text.len())].to_owned()
}

proptest! {
    // 200 histories of 40 to 80 acts: about 12,000 operations.
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_balance_and_every_lot_equals_the_naive_model_after_each_act(
        (houses, acts) in history(80),
    ) {
        live(houses, &acts, &mut Tally::new());
    }
}
