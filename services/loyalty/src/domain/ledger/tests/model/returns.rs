//! Taking back what was earned, giving back what was spent.

use super::*;

impl Model {
    pub(in super::super) fn claw_back(
        &mut self,
        wallet: usize,
        origin: usize,
        count: i64,
        policies: &Policies,
    ) -> Outcome {
        if count == 0 {
            return Err(Refused::Nothing);
        }
        let (mut own, mut others, mut debt_added, mut not_taken) = (0, 0, 0, 0);
        for _ in 0..count {
            if let Some(point) = self.own(wallet, origin) {
                if self.points[point].place == Place::Lapsed {
                    self.book(wallet, Account::Expiry, -1);
                }
                self.points[point].place = Place::Gone;
                own += 1;
            } else if let Some(point) = self.other(wallet, policies.debt) {
                self.points[point].place = Place::Gone;
                others += 1;
            } else if self.may_owe(wallet, policies.debt) {
                self.holders[wallet].debt += 1;
                debt_added += 1;
            } else {
                not_taken += 1;
                continue;
            }
            self.book(wallet, Account::Issuance, 1);
            self.holders[wallet].lifetime_earned -= 1;
        }
        Ok(vec![own, others, debt_added, not_taken])
    }

    fn own(&self, wallet: usize, origin: usize) -> Option<usize> {
        let places = [Place::Pending, Place::Available, Place::Lapsed];
        places.into_iter().find_map(|place| {
            self.first(|point| {
                let lot = &self.lots[point.lot];
                point.place == place && lot.wallet == wallet && lot.origin == origin
            })
        })
    }

    fn other(&self, wallet: usize, debt: DebtPolicy) -> Option<usize> {
        self.next(wallet).filter(|_| debt != DebtPolicy::None)
    }

    pub(super) fn may_owe(&self, wallet: usize, debt: DebtPolicy) -> bool {
        match debt {
            DebtPolicy::None | DebtPolicy::ToZero => false,
            DebtPolicy::Limit(limit) => self.holders[wallet].debt < limit.get(),
            DebtPolicy::Unlimited => true,
        }
    }

    /// Points of a spend that are due for a refund: the number whose share of the spend is nearest
    /// to the refund's share of the price, the larger of two that are.
    fn due(&self, spend: usize, refunded: i64, paid: i64) -> usize {
        let all = i64::try_from(self.spends[spend].points.len()).unwrap();
        let distance = |due: i64| (due * paid - all * refunded).abs();
        let nearest = (0..=all).rev().min_by_key(|due| distance(*due)).unwrap();
        usize::try_from(nearest).unwrap()
    }

    pub(in super::super) fn restore(
        &mut self,
        spend: usize,
        (refunded, paid): (i64, i64),
        policies: &Policies,
    ) -> Outcome {
        let due = self.due(spend, refunded, paid);
        let Spend {
            wallet,
            ref points,
            restored,
        } = self.spends[spend];
        if due <= restored {
            return Err(Refused::Nothing);
        }
        let back: Vec<usize> = points.iter().rev().copied().skip(restored).collect();
        let back = &back[..due - restored];
        self.spends[spend].restored = due;
        let mut lapsed = 0;
        for run in self.runs(back) {
            let count = i64::try_from(run.len()).unwrap();
            self.book(wallet, Account::Redemption, -count);
            let end = self.lots[self.points[run[0]].lot].terms.expires_at;
            let later = policies
                .restored_until
                .filter(|later| end.is_some_and(|end| end < *later));
            if later.is_some() {
                self.branch(&run, |lot| lot.terms.expires_at = later);
            }
            if self.is_over(self.points[run[0]].lot) {
                self.put(&run, Place::Lapsed);
                self.book(wallet, Account::Expiry, count);
                lapsed += count;
            } else {
                self.put(&run, Place::Available);
            }
        }
        let points = i64::try_from(due - restored).unwrap();
        Ok(vec![points, lapsed, self.repay(wallet)])
    }
}
