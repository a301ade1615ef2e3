//! Points that come, go, and change their place.

use std::cmp::Reverse;

use super::*;

fn is_of(due: Due<'_>, mark: Option<Uuid>) -> bool {
    mark.is_some_and(|mark| mark == due.merge_id || due.within.contains(&mark))
}

impl Model {
    pub(in super::super) fn credit(
        &mut self,
        (wallet, account): (usize, Account),
        count: i64,
        (terms, earned_at): (LotTerms, Timestamp),
        policies: &Policies,
    ) -> Outcome {
        if count == 0 {
            return Err(Refused::Nothing);
        }
        let place = match terms.active_at {
            Some(start) if start <= self.now => Place::Available,
            _ => Place::Pending,
        };
        let lot = self.open(Lot {
            wallet,
            origin: self.lots.len(),
            earned_at,
            terms,
            original: count,
        });
        for _ in 0..count {
            self.points.push(Point { lot, place });
            self.book(wallet, account, -1);
        }
        if account == Account::Issuance {
            self.holders[wallet].lifetime_earned += count;
        }
        if place == Place::Available {
            return Ok(vec![self.repay(wallet)]);
        }
        let mut repaid = 0;
        let at_once = account == Account::Issuance && policies.repayment == Repayment::AtEarning;
        while at_once && !self.is_over(lot) && self.holders[wallet].debt > 0 {
            let pending = |point: &Point| point.lot == lot && point.place == Place::Pending;
            let Some(point) = self.first(pending) else {
                break;
            };
            self.repay_with(wallet, point);
            repaid += 1;
        }
        Ok(vec![repaid])
    }

    pub(in super::super) fn activate(&mut self, wallet: usize, origin: Option<usize>) -> Outcome {
        let mut activated = 0;
        for number in 0..self.points.len() {
            let Point { lot, place } = self.points[number];
            let is_meant = match origin {
                Some(origin) => self.lots[lot].origin == origin,
                None => self.lots[lot]
                    .terms
                    .active_at
                    .is_some_and(|start| start <= self.now),
            };
            let is_here = self.lots[lot].wallet == wallet && place == Place::Pending;
            if is_here && is_meant && !self.is_over(lot) {
                self.points[number].place = Place::Available;
                activated += 1;
            }
        }
        if activated == 0 {
            return Err(Refused::Nothing);
        }
        Ok(vec![activated, self.repay(wallet)])
    }

    pub(in super::super) fn expire(&mut self, wallet: usize) -> Outcome {
        self.lapse(wallet, Self::is_over)
    }

    pub(in super::super) fn forfeit(&mut self, wallet: usize) -> Outcome {
        self.lapse(wallet, |_, _| true)
    }

    fn lapse(&mut self, wallet: usize, is_meant: impl Fn(&Self, usize) -> bool) -> Outcome {
        let mut lapsed = 0;
        for number in 0..self.points.len() {
            let Point { lot, place } = self.points[number];
            let is_left = matches!(place, Place::Available | Place::Pending);
            if is_left && self.lots[lot].wallet == wallet && is_meant(self, lot) {
                self.points[number].place = Place::Lapsed;
                self.book(wallet, Account::Expiry, 1);
                lapsed += 1;
            }
        }
        if lapsed == 0 {
            return Err(Refused::Nothing);
        }
        Ok(vec![lapsed])
    }

    pub(in super::super) fn transfer(
        &mut self,
        (from, to): (usize, usize),
        count: i64,
        policies: &Policies,
    ) -> Outcome {
        if self.holders[from].wallet_id != self.holders[to].wallet_id {
            return Err(Refused::OtherCurrency);
        }
        Self::check_allowance(count, policies)?;
        let points = self.take(from, count, Place::Gone)?;
        self.put(&points, Place::Available);
        for run in self.runs(&points) {
            self.branch(&run, |lot| {
                lot.wallet = to;
                lot.terms.contributor = None;
            });
        }
        Ok(vec![self.repay(to)])
    }

    pub(in super::super) fn join(
        &mut self,
        member: usize,
        pool: usize,
        contributor: Uuid,
    ) -> Outcome {
        let owed = self.holders[member].debt;
        if owed > 0 {
            return Err(Refused::InDebt { owed });
        }
        let mark = |_| Some(contributor);
        Ok(self.bring((member, pool), |_| true, mark).to_vec())
    }

    pub(in super::super) fn leave(
        &mut self,
        pool: usize,
        member: usize,
        contributor: Uuid,
    ) -> Vec<i64> {
        let is_theirs = |whose| whose == Some(contributor);
        self.bring((pool, member), is_theirs, |_| None).to_vec()
    }

    /// Moves what is not held and not past its end, lot by lot in the order of consumption.
    fn bring(
        &mut self,
        (from, to): (usize, usize),
        is_meant: impl Fn(Option<Uuid>) -> bool,
        mark: impl Fn(Option<Uuid>) -> Option<Uuid>,
    ) -> [i64; 2] {
        let mut lots: Vec<usize> = (0..self.lots.len()).collect();
        lots.retain(|lot| {
            let Lot { wallet, terms, .. } = &self.lots[*lot];
            *wallet == from && is_meant(terms.contributor)
        });
        lots.sort_by_key(|lot| self.order(*lot));
        let mut still_held = 0;
        for lot in lots {
            still_held += self.standing(lot, Place::Held).len();
            for place in [Place::Available, Place::Pending] {
                let points = self.standing(lot, place);
                if !points.is_empty() && !self.is_over(lot) {
                    self.branch(&points, |lot| {
                        lot.wallet = to;
                        lot.terms.contributor = mark(lot.terms.contributor);
                    });
                }
            }
        }
        [i64::try_from(still_held).unwrap(), self.repay(to)]
    }

    pub(in super::super) fn merge(&mut self, from: usize, to: usize, mark: Uuid) -> Outcome {
        if self.holders[from].wallet_id != self.holders[to].wallet_id {
            return Err(Refused::OtherCurrency);
        }
        let is_from = |point: &&Point| self.lots[point.lot].wallet == from;
        let here = self.points.iter().filter(is_from);
        let count = |places: &[Place]| {
            let of_places = here.clone().filter(|point| places.contains(&point.place));
            let live = of_places.filter(|point| !self.is_over(point.lot));
            i64::try_from(live.count()).unwrap()
        };
        if here.clone().any(|point| point.place == Place::Held) {
            return Err(Refused::Held);
        }
        let points = count(&[Place::Available, Place::Pending]);
        let debt = std::mem::take(&mut self.holders[from].debt);
        self.holders[to].debt += debt;
        self.merged_after.insert(mark, self.repayments.len());
        let [_, repaid] = self.bring((from, to), |_| true, |earlier| earlier.or(Some(mark)));
        Ok(vec![points, debt, repaid])
    }

    /// Owes again what was repaid since a merge, as far as points or debt are missing to undo it.
    fn reopen(&mut self, wallet: usize, due: Due<'_>) -> Result<i64, Refused> {
        let [points, debt] = self.missing(wallet, due)?;
        let wanted = usize::try_from(points.max(debt)).unwrap();
        let open = self.repaid_since(wallet, due.merge_id, |mark| {
            is_of(due, mark) == (points > debt)
        });
        let mut places: BTreeMap<usize, Place> = BTreeMap::new();
        let back = &open[..wanted.min(open.len())];
        for number in back.iter().copied() {
            let lot = self.repayments[number].lot;
            let place = self.place_again(wallet, lot);
            places.entry(lot).or_insert(place);
        }
        for number in back {
            let Repaying { lot, point, .. } = self.repayments[*number];
            self.repayments[*number].is_put_in_again = true;
            self.points[point].place = places[&lot];
            self.holders[wallet].debt += 1;
            if places[&lot] == Place::Lapsed {
                self.book(wallet, Account::Expiry, 1);
            }
        }
        Ok(i64::try_from(back.len()).unwrap())
    }

    /// Of points and of debt, what there is too little of.
    fn missing(&self, wallet: usize, due: Due<'_>) -> Result<[i64; 2], Refused> {
        let mut there = self.movable(wallet, |mark| !is_of(due, mark)).len();
        for point in &self.points {
            let lot = &self.lots[point.lot];
            if lot.wallet != wallet || !is_of(due, lot.terms.contributor) {
                continue;
            }
            match point.place {
                Place::Held => return Err(Refused::Held),
                Place::Gone => {}
                _ => there += 1,
            }
        }
        let points = due.points.get() - i64::try_from(there).unwrap();
        let debt = due.debt.get() - self.holders[wallet].debt;
        Ok([points.max(0), debt.max(0)])
    }

    /// What repaid debt of a wallet since a merge: of lots that are meant first, the latest lot first.
    fn repaid_since(
        &self,
        wallet: usize,
        merge_id: Uuid,
        is_meant: impl Fn(Option<Uuid>) -> bool,
    ) -> Vec<usize> {
        let mut found: Vec<usize> = (self.merged_after[&merge_id]..self.repayments.len()).collect();
        found.retain(|number| self.repayments[*number].wallet == wallet);
        let latest: BTreeMap<usize, usize> = found
            .iter()
            .map(|number| (self.repayments[*number].lot, *number))
            .collect();
        found.retain(|number| !self.repayments[*number].is_put_in_again);
        found.sort_by_key(|number| {
            let lot = self.repayments[*number].lot;
            let is_meant = is_meant(self.lots[lot].terms.contributor);
            (!is_meant, Reverse(latest[&lot]), Reverse(*number))
        });
        found
    }

    /// Where points of a lot stand that are put in again.
    fn place_again(&self, wallet: usize, lot: usize) -> Place {
        let of_lot = |repaying: &&Repaying| repaying.wallet == wallet && repaying.lot == lot;
        let last = self.repayments.iter().rev().find(of_lot);
        let waits = match self.lots[lot].terms.active_at {
            Some(start) => start > self.now,
            None => !self.standing(lot, Place::Pending).is_empty(),
        };
        if self.is_over(lot) {
            Place::Lapsed
        } else if waits && last.is_some_and(|last| last.were_pending) {
            Place::Pending
        } else {
            Place::Available
        }
    }

    pub(in super::super) fn unmerge(&mut self, ends: (usize, usize), due: Due<'_>) -> Outcome {
        let before = self.clone();
        let owed = self.reopen(ends.0, due);
        let outcome = owed.and_then(|owed| Ok([vec![owed], self.part(ends, due)?].concat()));
        if outcome.is_err() {
            *self = before;
        }
        outcome
    }

    fn part(&mut self, (from, to): (usize, usize), due: Due<'_>) -> Outcome {
        let is_mark = |mark| is_of(due, mark);
        let Due {
            within,
            points,
            debt,
            ..
        } = due;
        let mut left = 0;
        for point in &self.points {
            let lot = &self.lots[point.lot];
            if lot.wallet != from || !is_mark(lot.terms.contributor) {
                continue;
            }
            match point.place {
                Place::Held => return Err(Refused::Held),
                Place::Gone => {}
                _ => left += 1,
            }
        }
        let mut going = self.movable(from, is_mark);
        let over = left - points.get();
        going.drain(..usize::try_from(over.max(0)).unwrap().min(going.len()));
        let missing = usize::try_from((-over).max(0)).unwrap();
        let mut instead = self.movable(from, |mark| mark.is_none());
        instead.extend(self.movable(from, |mark| mark.is_some() && !is_mark(mark)));
        going.extend(instead.get(..missing).ok_or(Refused::Spent)?);
        let owed = self.holders[from].debt;
        if owed < debt.get() {
            return Err(Refused::Repaid { owed });
        }
        self.holders[from].debt -= debt.get();
        self.holders[to].debt += debt.get();
        let moved = i64::try_from(going.len()).unwrap();
        let of_one_share = |one: &usize, other: &usize| {
            let [one, other] = [self.points[*one], self.points[*other]];
            (one.lot, one.place) == (other.lot, other.place)
        };
        let shares: Vec<Vec<usize>> = going.chunk_by(of_one_share).map(<[_]>::to_vec).collect();
        for share in shares {
            self.branch(&share, |lot| {
                lot.wallet = to;
                let outer = lot.terms.contributor.filter(|mark| within.contains(mark));
                lot.terms.contributor = outer;
            });
        }
        Ok(vec![moved, debt.get(), self.repay(to)])
    }

    /// The points of a wallet that can be moved, in the order of consumption: the available ones of a
    /// lot before the pending ones.
    fn movable(&self, wallet: usize, is_meant: impl Fn(Option<Uuid>) -> bool) -> Vec<usize> {
        let places = [Place::Available, Place::Pending];
        let mut movable = Vec::new();
        for (number, point) in self.points.iter().enumerate() {
            let lot = &self.lots[point.lot];
            let is_here = lot.wallet == wallet && is_meant(lot.terms.contributor);
            let place = places.iter().position(|place| *place == point.place);
            if let Some(place) = place.filter(|_| is_here && !self.is_over(point.lot)) {
                movable.push((self.order(point.lot), place, number));
            }
        }
        movable.sort_unstable();
        movable.into_iter().map(|(.., number)| number).collect()
    }

    fn standing(&self, lot: usize, place: Place) -> Vec<usize> {
        let points = self.points.iter().enumerate();
        let here = points.filter(|(_, point)| point.lot == lot && point.place == place);
        here.map(|(number, _)| number).collect()
    }

    pub(in super::super) fn debit(
        &mut self,
        wallet: usize,
        count: i64,
        policies: &Policies,
    ) -> Outcome {
        let before = self.clone();
        let mut debt_added = 0;
        for taken in 0..count {
            if let Some(point) = self.next(wallet) {
                self.points[point].place = Place::Gone;
            } else if self.may_owe(wallet, policies.debt) {
                self.holders[wallet].debt += 1;
                debt_added += 1;
            } else {
                *self = before;
                return Err(Refused::Insufficient { available: taken });
            }
        }
        self.book(wallet, Account::Adjustment, count);
        Ok(vec![debt_added])
    }

    pub(in super::super) fn redate(
        &mut self,
        lot: usize,
        expires_at: Option<Timestamp>,
    ) -> Outcome {
        if expires_at.is_some_and(|end| end <= self.now) {
            return Err(Refused::InThePast);
        }
        if self.is_over(lot) {
            return Err(Refused::LotOver);
        }
        let mut moved = 0;
        for place in [Place::Available, Place::Pending] {
            let points = self.standing(lot, place);
            if !points.is_empty() && self.lots[lot].terms.expires_at != expires_at {
                self.branch(&points, |lot| lot.terms.expires_at = expires_at);
                moved += points.len();
            }
        }
        if moved == 0 {
            return Err(Refused::Nothing);
        }
        Ok(vec![i64::try_from(moved).unwrap()])
    }
}
