use std::collections::BTreeMap;

use calendar::{Bucket, Zone};
use jiff::Timestamp;

use crate::domain::Points;
use crate::domain::program::RuleId;

/// What rules have awarded one member before: what caps and cool-downs look at.
///
/// It is a list of awards, and for what lies before the list, sums of it and the last instants. So
/// whoever rates a purchase of today hands in a few sums, and whoever rates a member's purchases anew
/// from some day on counts on from there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    sums: BTreeMap<(RuleId, Timestamp), Used>,
    last: BTreeMap<RuleId, Timestamp>,
    awards: BTreeMap<RuleId, Vec<(Timestamp, Points)>>,
}

/// What one rule has awarded in one period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Points.
    pub points: Points,
    /// Times.
    pub times: u64,
}

/// From an instant on, until before another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl Interval {
    /// The instants of a period's days.
    pub fn of(bucket: Bucket, zone: &Zone) -> Self {
        let days = bucket.days();
        Self {
            from: zone.start_of(days.first),
            until: zone.end_of(days.last),
        }
    }

    fn contains(self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Usage {
    /// What a rule has awarded in a period.
    pub fn of(&self, rule_id: &RuleId, interval: Interval) -> Used {
        let before = self.sums.get(&(rule_id.clone(), interval.from));
        let listed = self.awards.get(rule_id).into_iter().flatten();
        let within = listed.filter(|(at, _)| interval.contains(*at));
        within.fold(before.copied().unwrap_or_default(), |used, (_, points)| {
            Used {
                // Beyond what can be counted is beyond every cap.
                points: used.points.plus(*points).unwrap_or(Points::new(i64::MAX)),
                times: used.times.saturating_add(1),
            }
        })
    }

    /// The last time before an instant, or at it, at which a rule awarded anything.
    pub fn last_award(&self, rule_id: &RuleId, at: Timestamp) -> Option<Timestamp> {
        let listed = self.awards.get(rule_id).into_iter().flatten();
        let listed = listed.map(|(time, _)| *time).filter(|time| *time <= at);
        let before = self.last.get(rule_id).copied();
        listed.max().max(before)
    }

    /// Notes what a rule has awarded in a period, as far as it lies before the awards of the list.
    pub fn add_sum(&mut self, rule_id: RuleId, from: Timestamp, used: Used) {
        self.sums.insert((rule_id, from), used);
    }

    /// Notes when a rule awarded last before the awards of the list.
    pub fn add_last(&mut self, rule_id: RuleId, at: Timestamp) {
        self.last.insert(rule_id, at);
    }

    /// Adds an award to the list.
    pub fn awarded(&mut self, rule_id: RuleId, at: Timestamp, points: Points) {
        self.awards.entry(rule_id).or_default().push((at, points));
    }
}
