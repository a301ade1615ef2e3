//! How likely points of an age are spent or lapse within the next month: competing risks, counted
//! over all cohorts that have been seen at that age (the Aalen–Johansen estimator in months).

use super::{Flows, Month};
use crate::domain::{LedgerError, Points};

/// What was at risk at one age, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Exposure {
    exposed: f64,
    redeemed: f64,
    expired: f64,
}

/// A cohort as it stood at the beginning of a month.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// The month of its earning.
    pub(super) cohort: Month,
    /// Months since then: the age that it is entering.
    pub(super) age: usize,
    /// What was left.
    pub(super) outstanding: Points,
    /// The ages that it has been through.
    exposures: Vec<Exposure>,
}

/// What becomes of a point of some age, as shares of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outcome {
    pub(super) redeemed: f64,
    pub(super) expired: f64,
    /// Not known: nothing of that age has been seen.
    pub(super) open: f64,
}

/// Exposures by age, over all cohorts.
#[derive(Clone, Debug, Default)]
pub(super) struct Hazards(Vec<Exposure>);

/// Every cohort by what was known when a month began.
pub(super) fn histories(flows: &Flows, until: Month) -> Result<Vec<History>, LedgerError> {
    let cohorts = flows.iter().filter(|(cohort, _)| until.since(*cohort) > 0);
    let histories = cohorts.map(|(cohort, flows)| {
        let age = until.since(cohort);
        let mut outstanding = Points::ZERO;
        let mut exposures = Vec::with_capacity(age);
        for month in 0..age {
            let flow = flows.get(&month).copied().unwrap_or_default();
            exposures.push(Exposure {
                exposed: float(outstanding.plus(flow.entered)?),
                redeemed: float(flow.redeemed),
                expired: float(flow.expired),
            });
            outstanding = outstanding.plus(flow.net()?)?;
        }
        Ok(History {
            cohort,
            age,
            outstanding,
            exposures,
        })
    });
    histories.collect()
}

impl Hazards {
    /// Over all of these cohorts.
    pub(super) fn of<'a>(histories: impl IntoIterator<Item = &'a History>) -> Self {
        let mut sums = Self::default();
        for history in histories {
            sums.add(history, 1.0);
        }
        sums
    }

    /// The same without one of them.
    pub(super) fn without(&self, history: &History) -> Self {
        let mut rest = self.clone();
        rest.add(history, -1.0);
        rest
    }

    /// Ages, from 0 on, that something has been seen at.
    pub(super) fn ages(&self) -> usize {
        self.0.iter().take_while(|age| age.exposed > 0.0).count()
    }

    /// What becomes of a point that is entering an age, within so many months.
    pub(super) fn outcome(&self, age: usize, months: usize) -> Outcome {
        let mut outcome = Outcome {
            redeemed: 0.0,
            expired: 0.0,
            open: 1.0,
        };
        let seen = self.ages().saturating_sub(age);
        for exposure in self.0.iter().skip(age).take(months.min(seen)) {
            let redeemed = (exposure.redeemed / exposure.exposed).clamp(0.0, 1.0);
            let expired = (exposure.expired / exposure.exposed).clamp(0.0, 1.0 - redeemed);
            outcome.redeemed += outcome.open * redeemed;
            outcome.expired += outcome.open * expired;
            outcome.open *= 1.0 - redeemed - expired;
        }
        outcome
    }

    fn add(&mut self, history: &History, sign: f64) {
        if self.0.len() < history.exposures.len() {
            self.0.resize(history.exposures.len(), Exposure::default());
        }
        for (sum, exposure) in self.0.iter_mut().zip(&history.exposures) {
            sum.exposed += sign * exposure.exposed;
            sum.redeemed += sign * exposure.redeemed;
            sum.expired += sign * exposure.expired;
        }
    }
}

/// Points as a figure of an estimate.
#[expect(
    clippy::cast_precision_loss,
    reason = "an estimate is not exact to 1 of 2^53 points"
)]
pub(super) fn float(points: Points) -> f64 {
    points.get() as f64
}
