//! What holds for all customers, from a sample of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Problem, Quality};

/// How many have a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) group: &'static str,
    pub(crate) problem: Kind,
    pub(crate) permille: i32,
}

/// A problem without when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Missing,
    Invalid,
    Unassigned,
    Placeholder,
    Stale,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) size: i32,
    /// By how many thousandths a share may be off, in 19 of 20 samples.
    pub(crate) margin_permille: i32,
    pub(crate) completeness: i32,
    pub(crate) validity: i32,
    pub(crate) shares: Vec<Share>,
}

/// (1.96 · 1000 / 2)², of the share of which samples tell least: one half.
const WIDEST: usize = 960_400;

impl From<Problem> for Kind {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Missing => Self::Missing,
            Problem::Invalid => Self::Invalid,
            Problem::Unassigned => Self::Unassigned,
            Problem::Placeholder => Self::Placeholder,
            Problem::Stale { .. } => Self::Stale,
        }
    }
}

impl Summary {
    /// Of these; `is_whole`: there are no others.
    pub(crate) fn of(sample: &[Quality], is_whole: bool) -> Self {
        let size = sample.len();
        let mean = |of: fn(&Quality) -> i32| part(sample.iter().map(of).sum(), size, 1);
        let mut counts: BTreeMap<(&'static str, Kind), i32> = BTreeMap::new();
        for quality in sample {
            let findings = quality.findings.iter();
            let found: BTreeSet<_> = findings
                .map(|it| (it.group, Kind::from(it.problem)))
                .collect();
            for key in found {
                let count = counts.entry(key).or_default();
                *count = count.saturating_add(1);
            }
        }
        let mut shares: Vec<_> = counts
            .into_iter()
            .map(|((group, problem), count)| Share {
                group,
                problem,
                permille: part(count, size, 1000),
            })
            .collect();
        shares.sort_by_key(|share| Reverse(share.permille));
        Self {
            size: i32::try_from(size).unwrap_or(i32::MAX),
            margin_permille: if is_whole { 0 } else { margin(size) },
            completeness: mean(|it| it.completeness),
            validity: mean(|it| it.validity),
            shares,
        }
    }
}

fn part(sum: i32, of: usize, times: i64) -> i32 {
    let of = i64::try_from(of).unwrap_or(i64::MAX);
    let part = i64::from(sum).saturating_mul(times).checked_div(of);
    i32::try_from(part.unwrap_or_default()).unwrap_or(i32::MAX)
}

/// Rounded up; at most all.
fn margin(size: usize) -> i32 {
    let margin = WIDEST.checked_div(size).unwrap_or(WIDEST).isqrt();
    i32::try_from(margin.saturating_add(1).min(1000)).unwrap_or(1000)
}
