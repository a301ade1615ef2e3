//! Whether the intervals keep their promise: of many samples about 95 % give an interval that holds
//! the truth. Counts are whole numbers, so for one truth and one size the share swings by a few
//! percent however good the interval is; what must be right is the mean over truths. Seeded, so it
//! comes out the same each time.

use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::*;

const SAMPLES: usize = 2_000;
const SIZES: [u32; 4] = [10, 15, 30, 100];

/// Each rating is so many times as likely as the one below it: from mostly unhappy to mostly happy.
const TILTS: [f64; 6] = [0.85, 0.9, 1.0, 1.1, 1.2, 1.3];

/// How likely each rating of a metric's scale is.
struct Truth {
    metric: Metric,
    likelihoods: Vec<(i32, f64)>,
}

impl Truth {
    fn tilted(metric: Metric, tilt: f64) -> Self {
        let scale = match metric {
            Metric::Nps => 0..=10,
            Metric::Csat => 1..=5,
            Metric::Ces => 1..=7,
        };
        let sum: f64 = scale.clone().map(|rating| tilt.powi(rating)).sum();
        let likelihoods = scale
            .map(|rating| (rating, tilt.powi(rating) / sum))
            .collect();
        Self {
            metric,
            likelihoods,
        }
    }

    /// What the score would be if everybody were asked.
    fn value(&self) -> f64 {
        let worth = |rating| match (self.metric, self.metric.sentiment(rating)) {
            (Metric::Ces, _) => f64::from(rating),
            (_, Sentiment::Promoter) => 100.0,
            (Metric::Nps, Sentiment::Detractor) => -100.0,
            _ => 0.0,
        };
        self.likelihoods
            .iter()
            .map(|&(rating, likelihood)| worth(rating) * likelihood)
            .sum()
    }

    fn draw(&self, random: &mut TestRng) -> i32 {
        let mut left = f64::from(random.next_u32()) / f64::from(u32::MAX);
        let drawn = self.likelihoods.iter().find(|(_, likelihood)| {
            left -= likelihood;
            left <= 0.0
        });
        drawn.or(self.likelihoods.last()).unwrap().0
    }

    fn is_covered(&self, size: u32, random: &mut TestRng) -> bool {
        let mut counts = [0; 11];
        for _ in 0..size {
            counts[usize::try_from(self.draw(random)).unwrap()] += 1;
        }
        let ratings = (0..).zip(counts).collect();
        let estimate = Score::of(self.metric, &ratings).estimate.unwrap();
        (estimate.lower..=estimate.upper).contains(&self.value())
    }
}

#[test]
fn intervals_of_nominally_95_percent_cover_94_to_97() {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    for &metric in Metric::ALL {
        let truths = TILTS.map(|tilt| Truth::tilted(metric, tilt));
        for size in SIZES {
            let samples = truths
                .iter()
                .flat_map(|truth| (0..SAMPLES).map(move |_| truth));
            let covered = samples
                .filter(|truth| truth.is_covered(size, &mut random))
                .count();
            let samples = truths.len() * SAMPLES;
            let percent = 100.0 * interval::real(covered as u64) / interval::real(samples as u64);
            assert!(
                (94.0..=97.0).contains(&percent),
                "{metric:?} of {size}: {percent} %"
            );
        }
    }
}
