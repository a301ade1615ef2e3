use calendar::Zone;
use jiff::Timestamp;

use crate::domain::Points;
use crate::domain::program::{Cap, EarningRule};

use super::{Interval, Limited, Usage, WhichLimit};

/// What the caps of a rule leave of an award, and those that took something off.
pub(super) fn left(
    rule: &EarningRule,
    wanted: Points,
    (zone, at): (&Zone, Timestamp),
    usage: &Usage,
) -> (Points, Vec<Limited>) {
    let (mut left, mut limited) = (wanted, Vec::new());
    for cap in &rule.caps {
        let used = usage.of(&rule.rule_id, interval(cap, zone, at));
        if let Some(times) = cap.times.filter(|times| used.times >= *times) {
            left = Points::ZERO;
            limited.push(Limited {
                which: WhichLimit::CapTimes(cap.period),
                limit: i64::try_from(times).unwrap_or(i64::MAX),
                used_before: i64::try_from(used.times).unwrap_or(i64::MAX),
            });
        }
        let rest = |points: Points| points.minus(used.points).unwrap_or_default();
        if let Some(points) = cap.points.filter(|points| rest(*points) < wanted) {
            left = left.min(rest(points).max(Points::ZERO));
            limited.push(Limited {
                which: WhichLimit::CapPoints(cap.period),
                limit: points.get(),
                used_before: used.points.get(),
            });
        }
    }
    (left, limited)
}

/// The instants that a cap counts together with this one.
pub(super) fn interval(cap: &Cap, zone: &Zone, at: Timestamp) -> Interval {
    Interval::of(cap.period.bucket(zone.date_of(at)), zone)
}
