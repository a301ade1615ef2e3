use std::collections::BTreeSet;

use crate::domain::program::{
    Campaign, CampaignId, Condition, EarningRule, Program, RuleId, Trigger,
};

use super::select::{Candidate, candidates};
use super::{Interval, Subject, caps};

/// What has to be known of a member's past, and of budgets, before something can be rated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// Periods for which it matters what a rule has awarded before.
    pub intervals: BTreeSet<(RuleId, Interval)>,
    /// Rules of which it matters when they awarded last.
    pub cooling: BTreeSet<RuleId>,
    /// Campaigns whose budget may be taken from.
    pub budgets: BTreeSet<CampaignId>,
    /// Whether it matters which purchases came before.
    pub orders: bool,
}

impl Demands {
    /// Of something that is rated by this version of a program.
    pub fn of(program: &Program, subject: &Subject<'_>) -> Self {
        let mut demands = Self::default();
        for multiplying in [false, true] {
            for candidate in candidates(program, subject, multiplying) {
                demands.add(program, subject, candidate);
            }
        }
        demands
    }

    /// Whether what it earns depends on anything but itself. If not, nothing that becomes known of
    /// the member later can change it.
    pub fn look_back(&self) -> bool {
        self.orders
            || !self.intervals.is_empty()
            || !self.cooling.is_empty()
            || !self.budgets.is_empty()
    }

    fn add(&mut self, program: &Program, subject: &Subject<'_>, candidate: Candidate<'_>) {
        let Candidate { rule, campaign } = candidate;
        if let Some(campaign) = campaign {
            if !campaign.window.contains(subject.at()) {
                return;
            }
            self.budgets.extend(budget_of(campaign));
        }
        let zone = &program.document.zone;
        let intervals = rule
            .caps
            .iter()
            .map(|cap| caps::interval(cap, zone, subject.at()));
        self.intervals
            .extend(intervals.map(|interval| (rule.rule_id.clone(), interval)));
        if rule.cooldown_seconds > 0 {
            self.cooling.insert(rule.rule_id.clone());
        }
        self.orders |= conditions(rule).any(asks_for_orders);
    }
}

fn budget_of(campaign: &Campaign) -> Option<CampaignId> {
    campaign.budget.map(|_| campaign.campaign_id.clone())
}

fn conditions(rule: &EarningRule) -> impl Iterator<Item = &Condition> {
    let of_lines = match &rule.trigger {
        Trigger::Order { lines } => lines.as_ref(),
        Trigger::Activity(_) => None,
    };
    rule.condition.iter().chain(of_lines)
}

fn asks_for_orders(condition: &Condition) -> bool {
    let facts = [
        "member.order_count",
        "member.is_first_order",
        "member.days_since_last_order",
    ];
    facts.iter().any(|fact| condition.rule().reads_from(fact))
}
