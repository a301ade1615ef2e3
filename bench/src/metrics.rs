//! Reading what the roles tell of themselves.

use std::collections::BTreeMap;

use crate::processes::Process;

/// A histogram, added up over processes and labels: upper bound in microseconds → samples within it.
#[derive(Debug, Default)]
pub(crate) struct Histogram(BTreeMap<u64, f64>);

impl Histogram {
    /// The bound, in seconds, that this share stays within; infinite above the last bucket.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let all = self.0.values().copied().fold(0.0, f64::max);
        let reached = self.0.iter().find(|(_, count)| **count >= share * all);
        match reached {
            #[expect(clippy::cast_precision_loss, reason = "bounds are a few hours at most")]
            Some((bound, _)) if *bound < u64::MAX => *bound as f64 / 1e6,
            _ => f64::INFINITY,
        }
    }
}

/// The metrics of several processes, as they are now.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Vec<String>);

impl Metrics {
    pub(crate) async fn of(processes: &[&Process]) -> anyhow::Result<Self> {
        let mut texts = Vec::new();
        for process in processes {
            texts.push(crate::http::get(&format!("{}/metrics", process.admin)).await?);
        }
        Ok(Self(texts))
    }

    /// The sum of a counter over all labels.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.samples(name).map(|(_, value)| value).sum()
    }

    /// A histogram of seconds.
    pub(crate) fn histogram(&self, name: &str) -> Histogram {
        let mut histogram = Histogram::default();
        for (labels, value) in self.samples(&format!("{name}_bucket")) {
            let bound = labels
                .split("le=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            let seconds: f64 = bound
                .and_then(|bound| bound.parse().ok())
                .unwrap_or(f64::INFINITY);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a cast of infinity is the largest number, which is what is meant"
            )]
            let microseconds = (seconds * 1e6) as u64;
            *histogram.0.entry(microseconds).or_default() += value;
        }
        histogram
    }

    fn samples(&self, name: &str) -> impl Iterator<Item = (&str, f64)> {
        let lines = self.0.iter().flat_map(|text| text.lines());
        lines.filter_map(move |line| {
            let rest = line.strip_prefix(name)?;
            let (labels, value) = rest.rsplit_once(' ')?;
            (labels.is_empty() || labels.starts_with('{')).then_some(())?;
            Some((labels, value.parse().ok()?))
        })
    }
}
