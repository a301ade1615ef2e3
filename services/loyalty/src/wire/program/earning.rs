use std::collections::BTreeSet;

use ::contract::checks::At;
use contract::earning_rule::{
    Award as WireAward, Stacking as WireStacking, Trigger as WireTrigger,
};
use contract::patron::loyalty::v1 as contract;

use super::values::{limit, period, point_limit, ratio, text, whole};
use super::{Fault, Reader};
use crate::domain::Points;
use crate::domain::program::{
    ActivityType, Award, Bracket, Cap, EarningRule, Ratio, RuleId, Stacking, StackingGroup,
    Trigger, Vocabulary,
};

impl<'d> Reader<'d> {
    pub(super) fn rule(
        &mut self,
        at: &At<'_>,
        rule: &'d contract::EarningRule,
    ) -> Option<EarningRule> {
        self.rule_id(at, rule);
        let wallet_id = self.wallet_id(&at.field("wallet_id"), &rule.wallet_id);
        let trigger = self.trigger(at, rule);
        let condition = self.condition(at, "condition", (&rule.condition, about(rule)));
        let award = self.award(at, rule);
        let stacking = self.stacking(at, rule);
        let caps = self.caps(at, &rule.caps);
        Some(EarningRule {
            rule_id: RuleId::new(&rule.rule_id),
            display_name: rule.display_name.clone(),
            wallet_id: wallet_id?,
            trigger: trigger?,
            condition: condition?,
            award: award?,
            stacking,
            priority: rule.priority,
            caps: caps?,
            cooldown_seconds: whole(rule.cooldown_seconds),
            funding_partner: text(&rule.funding_partner),
        })
    }

    fn rule_id(&mut self, at: &At<'_>, rule: &'d contract::EarningRule) {
        let id = rule.rule_id.as_str();
        if let Some(first) = self.rules.get(id).cloned() {
            let id = id.to_owned();
            let fault = Fault::DuplicateRule { id, first };
            self.problems.add(&at.field("rule_id"), fault);
        } else {
            self.rules.insert(id, at.to_string());
        }
    }

    fn trigger(&mut self, at: &At<'_>, rule: &'d contract::EarningRule) -> Option<Trigger> {
        match &rule.trigger {
            Some(WireTrigger::Order(order)) => {
                let at = &at.field("order");
                let condition = (order.line_condition.as_str(), Vocabulary::Line);
                let lines = self.condition(at, "line_condition", condition)?;
                Some(Trigger::Order { lines })
            }
            Some(WireTrigger::ActivityType(name)) => {
                Some(Trigger::Activity(ActivityType::new(name)))
            }
            None => {
                self.problems.add(at, Fault::NoneOf("order, activity_type"));
                None
            }
        }
    }

    fn award(&mut self, at: &At<'_>, rule: &'d contract::EarningRule) -> Option<Award> {
        let is_act = matches!(rule.trigger, Some(WireTrigger::ActivityType(_)));
        let award = match rule.award.as_ref() {
            Some(WireAward::PerCurrencyUnit(_)) if is_act => {
                return self.without_price(at, "per_currency_unit");
            }
            Some(WireAward::Brackets(_)) if is_act => return self.without_price(at, "brackets"),
            Some(WireAward::PerCurrencyUnit(rate)) => {
                Award::PerCurrencyUnit(self.rate(at, "per_currency_unit", *rate)?)
            }
            Some(WireAward::FixedPoints(points)) => Award::Fixed(Points::new(*points)),
            Some(WireAward::BonusMultiple(rate)) => {
                Award::BonusMultiple(self.rate(at, "bonus_multiple", *rate)?)
            }
            Some(WireAward::Brackets(brackets)) => Award::Brackets(self.brackets(at, brackets)),
            None => {
                let awards = "per_currency_unit, fixed_points, bonus_multiple, brackets";
                self.problems.add(at, Fault::NoneOf(awards));
                return None;
            }
        };
        Some(award)
    }

    fn without_price(&mut self, at: &At<'_>, field: &str) -> Option<Award> {
        self.problems.add(&at.field(field), Fault::ActWithoutPrice);
        None
    }

    /// A ratio that is not 0.
    fn rate(&mut self, at: &At<'_>, field: &str, rate: contract::Ratio) -> Option<Ratio> {
        if rate.numerator == 0 {
            self.problems.add(&at.field(field), Fault::AwardsNothing);
            return None;
        }
        Some(ratio(rate))
    }

    fn brackets(&mut self, at: &At<'_>, brackets: &contract::Brackets) -> Vec<Bracket> {
        let brackets = &brackets.brackets;
        let at = &at.field("brackets");
        let starts = brackets.iter().map(|bracket| bracket.from_minor);
        self.ascending(&at.field("brackets"), "from_minor", starts);
        let bracket = |bracket: &contract::brackets::Bracket| Bracket {
            from_minor: bracket.from_minor,
            per_currency_unit: bracket.per_currency_unit.map_or(Ratio::ZERO, ratio),
            fixed: Points::new(bracket.fixed_points),
        };
        brackets.iter().map(bracket).collect()
    }

    fn stacking(&mut self, at: &At<'_>, rule: &'d contract::EarningRule) -> Option<StackingGroup> {
        let name = rule.stacking_group.as_str();
        let stacking = match rule.stacking() {
            WireStacking::Unspecified | WireStacking::Add => Stacking::Add,
            WireStacking::Best => Stacking::Best,
            WireStacking::First => Stacking::First,
        };
        if name.is_empty() {
            if rule.stacking() != WireStacking::Unspecified {
                self.problems
                    .add(&at.field("stacking"), Fault::StackingWithoutGroup);
            }
            return None;
        }
        let group = StackingGroup {
            name: name.to_owned(),
            stacking,
        };
        match self.groups.get(name) {
            Some((first, other)) if first.stacking != stacking => {
                let (group, other) = (name.to_owned(), other.clone());
                let fault = Fault::StackingDiffers { group, other };
                self.problems.add(&at.field("stacking"), fault);
            }
            Some(_) => {}
            None => {
                self.groups.insert(name, (group.clone(), at.to_string()));
            }
        }
        Some(group)
    }

    fn caps(&mut self, at: &At<'_>, caps: &'d [contract::Cap]) -> Option<Vec<Cap>> {
        let mut periods = BTreeSet::new();
        let twice: Vec<bool> = caps.iter().map(|cap| !periods.insert(cap.period)).collect();
        let list = &at.field("caps");
        for (index, _) in twice.iter().enumerate().filter(|(_, is_twice)| **is_twice) {
            let at = &list.index(index);
            self.problems.add(&at.field("period"), Fault::PeriodTwice);
        }
        self.list(at, "caps", caps, |reader, at, cap| {
            let (points, times) = (point_limit(cap.points), limit(cap.times));
            if points.is_none() && times.is_none() {
                reader.problems.add(at, Fault::EmptyCap);
                return None;
            }
            let period = period(cap.period());
            Some(Cap {
                period,
                points,
                times,
            })
        })
    }
}

/// What the rule's condition is about.
fn about(rule: &contract::EarningRule) -> Vocabulary {
    match rule.trigger {
        Some(WireTrigger::ActivityType(_)) => Vocabulary::Activity,
        Some(WireTrigger::Order(_)) | None => Vocabulary::Order,
    }
}
