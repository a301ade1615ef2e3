//! Spending and reserving.

use super::*;

impl Model {
    fn check_limits(count: i64, policies: &Policies) -> Result<(), Refused> {
        let limits = policies.spending;
        if count < limits.minimum.get() {
            return Err(Refused::BelowMinimum);
        }
        if limits.maximum.is_some_and(|maximum| count > maximum.get()) {
            return Err(Refused::AboveMaximum);
        }
        if limits.step.get() > 1 && count % limits.step.get() != 0 {
            return Err(Refused::NotInSteps);
        }
        Self::check_allowance(count, policies)
    }

    pub(super) fn check_allowance(count: i64, policies: &Policies) -> Result<(), Refused> {
        if policies.allowance.is_some_and(|most| count > most.get()) {
            return Err(Refused::AboveAllowance);
        }
        Ok(())
    }

    pub(in super::super) fn redeem(
        &mut self,
        wallet: usize,
        count: i64,
        policies: &Policies,
    ) -> Outcome {
        Self::check_limits(count, policies)?;
        let points = self.take(wallet, count, Place::Gone)?;
        self.book(wallet, Account::Redemption, count);
        self.spends.push(Spend {
            wallet,
            points,
            restored: 0,
        });
        Ok(Vec::new())
    }

    pub(in super::super) fn hold(
        &mut self,
        wallet: usize,
        count: i64,
        expires_at: Timestamp,
        policies: &Policies,
    ) -> Outcome {
        if expires_at <= self.now {
            return Err(Refused::AlreadyOver);
        }
        Self::check_limits(count, policies)?;
        let points = self.take(wallet, count, Place::Held)?;
        self.holds.push(Hold {
            wallet,
            points,
            expires_at,
            has_ended: false,
        });
        Ok(Vec::new())
    }

    pub(in super::super) fn confirm(
        &mut self,
        hold: usize,
        count: i64,
        is_final: bool,
        policies: &Policies,
    ) -> Outcome {
        let Hold {
            wallet,
            expires_at,
            has_ended,
            ..
        } = self.holds[hold];
        if has_ended {
            return Err(Refused::Resolved);
        }
        if expires_at <= self.now {
            return Err(Refused::TimedOut);
        }
        let open = i64::try_from(self.holds[hold].points.len()).unwrap();
        let beyond = (count - open).max(0);
        if beyond > 0 && !policies.confirms_above_hold {
            return Err(Refused::AboveHold { held: open });
        }
        if beyond > 0 {
            Self::check_allowance(beyond, policies)?;
        }
        let mut extra = self.take(wallet, beyond, Place::Gone)?;
        let confirmed = usize::try_from(count.min(open)).unwrap();
        let mut points: Vec<usize> = self.holds[hold].points.drain(..confirmed).collect();
        self.put(&points, Place::Gone);
        points.append(&mut extra);
        self.book(wallet, Account::Redemption, count);
        self.spends.push(Spend {
            wallet,
            points,
            restored: 0,
        });
        let mut report = vec![beyond, 0, 0];
        if is_final || self.holds[hold].points.is_empty() {
            report[1..].copy_from_slice(&self.end(hold, policies));
        }
        Ok(report)
    }

    pub(in super::super) fn release(&mut self, hold: usize, policies: &Policies) -> Outcome {
        if self.holds[hold].has_ended {
            return Err(Refused::Resolved);
        }
        Ok(self.end(hold, policies).to_vec())
    }

    pub(in super::super) fn time_out(&mut self, hold: usize, policies: &Policies) -> Outcome {
        let Hold {
            has_ended,
            expires_at,
            ..
        } = self.holds[hold];
        if !has_ended && self.now < expires_at {
            return Err(Refused::NotDue);
        }
        self.release(hold, policies)
    }

    fn end(&mut self, hold: usize, policies: &Policies) -> [i64; 2] {
        let wallet = self.holds[hold].wallet;
        let left = std::mem::take(&mut self.holds[hold].points);
        self.holds[hold].has_ended = true;
        let mercy = policies.mercy_until.filter(|end| *end > self.now);
        let (mut back, mut lapsed) = (0, 0);
        for run in self.runs(&left) {
            let count = i64::try_from(run.len()).unwrap();
            let is_over = self.is_over(self.points[run[0]].lot);
            if is_over && mercy.is_none() {
                self.put(&run, Place::Lapsed);
                self.book(wallet, Account::Expiry, count);
                lapsed += count;
                continue;
            }
            if is_over {
                self.branch(&run, |lot| lot.terms.expires_at = mercy);
            }
            self.put(&run, Place::Available);
            back += count;
        }
        self.repay(wallet);
        [back, lapsed]
    }
}
