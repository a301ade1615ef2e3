use std::collections::BTreeMap;

use crate::domain::Points;
use crate::domain::program::{EarningRule, RuleId, Stacking};

/// Of each group that excludes, the rule that applies. `worths` are rules with what they would
/// award, the one with the highest priority first.
pub(super) fn chosen<'p>(
    worths: impl Iterator<Item = (&'p EarningRule, Points)>,
) -> BTreeMap<&'p str, &'p RuleId> {
    let mut best: BTreeMap<&str, (&RuleId, Points)> = BTreeMap::new();
    for (rule, points) in worths {
        let Some(group) = &rule.stacking else {
            continue;
        };
        let beats = |held: &(&RuleId, Points)| match group.stacking {
            Stacking::Add | Stacking::First => false,
            Stacking::Best => points > held.1,
        };
        let applies = points.is_positive() && group.stacking != Stacking::Add;
        if applies && best.get(&*group.name).is_none_or(beats) {
            best.insert(&group.name, (&rule.rule_id, points));
        }
    }
    best.into_iter()
        .map(|(group, (rule_id, _))| (group, rule_id))
        .collect()
}
