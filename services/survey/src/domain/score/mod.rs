//! What the answers of a period add up to, with the interval that says how far to trust it.

mod ces;
mod csat;
mod interval;
mod nps;
mod ratings;
mod student;

#[cfg(test)]
mod coverage;

pub(crate) use interval::{Estimate, LEVEL};
pub(crate) use ratings::Ratings;

use super::{Metric, Sentiment};

/// Fewer ratings than this say too little, and too much about the few who gave them.
pub(crate) const MINIMUM_COUNT: u64 = 10;

/// The score of a questionnaire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Score {
    pub(crate) metric: Metric,
    /// Answers with a rating: dismissals and answers without one are not among them.
    pub(crate) count: u64,
    pub(crate) estimate: Result<Estimate, Withheld>,
    pub(crate) classes: Classes,
}

/// How many ratings there are of each class of the metric.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Classes {
    pub(crate) promoters: u64,
    pub(crate) passives: u64,
    pub(crate) detractors: u64,
}

/// Why there is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Withheld {
    /// Less than [`MINIMUM_COUNT`].
    #[error("{count} answers with a rating; at least {MINIMUM_COUNT} are needed")]
    TooFew { count: u64 },
}

impl Score {
    /// The score of these ratings.
    pub(crate) fn of(metric: Metric, ratings: &Ratings) -> Self {
        let count = ratings.count();
        let classes = Classes::of(metric, ratings);
        let estimate = if count < MINIMUM_COUNT {
            Err(Withheld::TooFew { count })
        } else {
            Ok(match metric {
                Metric::Nps => nps::estimate(&classes),
                Metric::Csat => csat::estimate(&classes),
                Metric::Ces => ces::estimate(ratings),
            })
        };
        Self {
            metric,
            count,
            estimate,
            classes,
        }
    }
}

impl Classes {
    fn of(metric: Metric, ratings: &Ratings) -> Self {
        let mut classes = Self::default();
        for (rating, count) in ratings.iter() {
            let class = match metric.sentiment(rating) {
                Sentiment::Promoter => &mut classes.promoters,
                Sentiment::Passive => &mut classes.passives,
                Sentiment::Detractor => &mut classes.detractors,
            };
            *class = class.saturating_add(count);
        }
        classes
    }

    fn count(&self) -> u64 {
        self.promoters
            .saturating_add(self.passives)
            .saturating_add(self.detractors)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn estimate(metric: Metric, ratings: &[(i32, u64)]) -> Estimate {
        Score::of(metric, &ratings.iter().copied().collect())
            .estimate
            .unwrap()
    }

    #[test]
    fn dismissals_do_not_count() {
        // 50 promoters, 20 detractors, 30 passives; the 40 who dismissed gave no rating.
        let score = Score::of(
            Metric::Nps,
            &Ratings::from_iter([(9, 50), (6, 20), (7, 30)]),
        );
        assert_eq!(score.count, 100);
        assert!((score.estimate.unwrap().value - 30.0).abs() < 1e-9);
    }

    #[test]
    fn fewer_than_ten_are_withheld_with_the_reason() {
        let score = Score::of(Metric::Nps, &Ratings::from_iter([(10, 9)]));
        assert_eq!(score.estimate, Err(Withheld::TooFew { count: 9 }));
        assert_eq!(score.classes.promoters, 9);
        let reason = score.estimate.unwrap_err().to_string();
        assert_eq!(reason, "9 answers with a rating; at least 10 are needed");
        assert!(
            Score::of(Metric::Nps, &Ratings::from_iter([(10, 10)]))
                .estimate
                .is_ok()
        );
    }

    #[test]
    fn figures_agree_with_those_computed_by_hand() {
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
        };
        // n' = 103, p' = 50.75/103, d' = 20.75/103.
        let nps = estimate(Metric::Nps, &[(10, 50), (0, 20), (8, 30)]);
        close(nps.lower, 14.0511);
        close(nps.upper, 44.2013);
        // Wilson for 40 of 50.
        let csat = estimate(Metric::Csat, &[(5, 25), (4, 15), (1, 10)]);
        close(csat.value, 80.0);
        close(csat.lower, 66.9629);
        close(csat.upper, 88.7562);
        // Mean 5.5, standard error √(0.25 · 20/19 / 20); t = 2.0930 for 19 degrees of freedom.
        let ces = estimate(Metric::Ces, &[(5, 10), (6, 10)]);
        close(ces.value, 5.5);
        close(ces.lower, 5.2599);
        close(ces.upper, 5.7401);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_value_and_stays_on_the_scale(
            metric in prop::sample::select(Metric::ALL),
            counts in prop::collection::vec(0u64..2000, 11),
        ) {
            let (first, last, floor, ceiling) = match metric {
                Metric::Nps => (0, 10, -100.0, 100.0),
                Metric::Csat => (1, 5, 0.0, 100.0),
                Metric::Ces => (1, 7, 1.0, 7.0),
            };
            let ratings: Ratings = (first..=last).zip(counts).collect();
            prop_assume!(ratings.count() >= MINIMUM_COUNT);
            let found = Score::of(metric, &ratings).estimate.unwrap();
            prop_assert!(floor <= found.lower && found.upper <= ceiling, "{found:?}");
            prop_assert!(found.lower <= found.value && found.value <= found.upper, "{found:?}");
        }

        #[test]
        fn more_answers_of_the_same_kind_narrow_the_interval(
            metric in prop::sample::select(Metric::ALL),
            counts in prop::collection::vec(5u64..50, 5),
        ) {
            let once: Ratings = (1..=5).zip(counts.iter().copied()).collect();
            let often: Ratings = (1..=5).zip(counts.iter().map(|count| count * 10)).collect();
            let width = |ratings| {
                let estimate = Score::of(metric, ratings).estimate.unwrap();
                estimate.upper - estimate.lower
            };
            prop_assert!(width(&often) <= width(&once));
        }
    }
}
