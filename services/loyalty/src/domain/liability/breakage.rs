//! How much of what is outstanding will never be spent.
//!
//! Points of an age are spent or lapse in the next month as likely as points of that age were so
//! far, over all cohorts ([`Hazards`]). Beyond the oldest age that has been seen nothing is known;
//! what would still be there then counts as if all of it will be spent: a liability is not given up
//! without evidence.
//!
//! The interval comes from leaving out one cohort after the other (the jackknife): if the cohorts
//! differ, so will the estimates. It is widened for what the outstanding points may differ
//! themselves: n cohorts tell the mean, and as few as m hold what is outstanding, so the variance of
//! the mean counts (1 + n / m) times.

use super::hazards::{Hazards, History, Outcome, float, histories};
use super::{Flows, Month};
use crate::domain::{LedgerError, Points};

/// Half the width of an interval of 95 %, in standard deviations.
const Z_95: f64 = 1.96;

/// The most months for which a test in hindsight is made, the latest ones.
const TESTED_MONTHS: usize = 36;

/// A figure that is not known for sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// What is expected.
    pub expected: Points,
    /// With a probability of 95 % at least this.
    pub lower: Points,
    /// And at most this.
    pub upper: Points,
}

/// What will never be spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Points that it is about.
    pub outstanding: Points,
    /// What of them will never be spent.
    pub breakage: Interval,
    /// What of them counts as if it will be spent, because nothing so old has been seen.
    pub without_evidence: Points,
}

/// An estimate in hindsight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackTest {
    /// The month at whose end it is made.
    pub month: Month,
    /// Outstanding then, of the cohorts that something could be said about.
    pub outstanding: Points,
    /// What of them would be spent up to the end of the data, or to the oldest age seen.
    pub redeemed: Interval,
    /// What was.
    pub actual: Points,
}

/// Estimates what of the points left in `end`, the month that has begun, will never be spent.
/// `outstanding` tells what is left of a cohort, with whatever happened in that month already.
pub fn estimate(flows: &Flows, end: Month) -> Result<Estimate, LedgerError> {
    let known = histories(flows, end)?;
    let mut targets = Vec::new();
    let mut outstanding = Points::ZERO;
    for (cohort, flows) in flows.iter() {
        let left = flows
            .values()
            .try_fold(Points::ZERO, |left, flow| left.plus(flow.net()?))?;
        outstanding = outstanding.plus(left)?;
        targets.push(Target {
            age: end.since(cohort),
            months: usize::MAX,
            points: float(left),
        });
    }
    let hazards = Hazards::of(&known);
    let breakage = interval(&known, &hazards, &targets, |outcome| outcome.expired);
    let without_evidence = sum(&hazards, &targets, |outcome| outcome.open);
    Ok(Estimate {
        outstanding,
        breakage,
        without_evidence: points(without_evidence),
    })
}

/// What the estimate would have said at the ends of earlier months, with what was known then.
pub fn back_tests(flows: &Flows, end: Month) -> Result<Vec<BackTest>, LedgerError> {
    let Some(first) = flows.first() else {
        return Ok(Vec::new());
    };
    let months = end.since(first);
    let tested = (1..months).rev().take(TESTED_MONTHS);
    let mut tests = Vec::new();
    for back in tested.rev() {
        let Ok(offset) = i32::try_from(back) else {
            continue;
        };
        tests.extend(back_test(flows, first.plus(offset), end)?);
    }
    Ok(tests)
}

/// The test at the beginning of the month `at`; `None` when nothing could have been said then.
fn back_test(flows: &Flows, at: Month, end: Month) -> Result<Option<BackTest>, LedgerError> {
    let known = histories(flows, at)?;
    let hazards = Hazards::of(&known);
    let (mut outstanding, mut actual) = (Points::ZERO, Points::ZERO);
    let mut targets = Vec::new();
    for history in &known {
        let months = end
            .since(at)
            .min(hazards.ages().saturating_sub(history.age));
        if months == 0 || !history.outstanding.is_positive() {
            continue;
        }
        outstanding = outstanding.plus(history.outstanding)?;
        actual = actual.plus(redeemed_within(flows, history, months)?)?;
        targets.push(Target {
            age: history.age,
            months,
            points: float(history.outstanding),
        });
    }
    if targets.is_empty() {
        return Ok(None);
    }
    Ok(Some(BackTest {
        month: at.plus(-1),
        outstanding,
        redeemed: interval(&known, &hazards, &targets, |outcome| outcome.redeemed),
        actual,
    }))
}

/// What was spent of a cohort in the months after its history ends.
fn redeemed_within(flows: &Flows, history: &History, months: usize) -> Result<Points, LedgerError> {
    let own = flows.iter().find(|(cohort, _)| *cohort == history.cohort);
    let later = own.into_iter().flat_map(|(_, flows)| {
        let ages = history.age..history.age.saturating_add(months);
        flows.range(ages).map(|(_, flow)| flow.redeemed)
    });
    later.into_iter().try_fold(Points::ZERO, Points::plus)
}

/// Points that are entering an age, and for how many months they are followed.
struct Target {
    age: usize,
    months: usize,
    points: f64,
}

fn sum(hazards: &Hazards, targets: &[Target], share: impl Fn(Outcome) -> f64) -> f64 {
    let expected = targets
        .iter()
        .map(|target| target.points * share(hazards.outcome(target.age, target.months)));
    expected.sum()
}

fn interval(
    known: &[History],
    hazards: &Hazards,
    targets: &[Target],
    share: impl Fn(Outcome) -> f64,
) -> Interval {
    let most: f64 = targets.iter().map(|target| target.points).sum();
    let expected = sum(hazards, targets, &share);
    let deviation = deviation(known, targets, |rest| sum(rest, targets, &share), hazards);
    let half = deviation.map_or(most, |deviation| Z_95 * deviation);
    Interval {
        expected: points(expected),
        lower: points((expected - half).max(0.0)),
        upper: points((expected + half).min(most)),
    }
}

/// The standard deviation of a prediction; `None` when too few cohorts are known to tell.
fn deviation(
    known: &[History],
    targets: &[Target],
    statistic: impl Fn(&Hazards) -> f64,
    hazards: &Hazards,
) -> Option<f64> {
    let count = known.len();
    if count < 2 {
        return None;
    }
    let left_out: Vec<f64> = known
        .iter()
        .map(|history| statistic(&hazards.without(history)))
        .collect();
    let n = number(count);
    let mean = left_out.iter().sum::<f64>() / n;
    let squares: f64 = left_out.iter().map(|value| (value - mean).powi(2)).sum();
    let variance_of_mean = squares * (n - 1.0) / n;
    let points: f64 = targets.iter().map(|target| target.points).sum();
    let weights: f64 = targets.iter().map(|target| target.points.powi(2)).sum();
    let effective = if weights > 0.0 {
        points.powi(2) / weights
    } else {
        1.0
    };
    Some((variance_of_mean * (1.0 + n / effective)).sqrt())
}

#[expect(clippy::cast_precision_loss, reason = "a number of months")]
fn number(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "within the points that are outstanding, which fit"
)]
fn points(estimated: f64) -> Points {
    Points::new(estimated.round() as i64)
}
