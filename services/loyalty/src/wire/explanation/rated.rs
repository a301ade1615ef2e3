//! What rules made of a purchase or an act.

use contract::claw_back_details::Cause;
use contract::patron::loyalty::v1 as contract;
use contract::rule_outcome::limit::Kind;
use contract::rule_outcome::{Limit, Verdict};
use contract::{
    ClawBackDetails, Period, PointRounding, RatedDetails, RatedFacts, RoundingScope, RuleOutcome,
};

/// Lines whose points are told one by one; beyond, the structure has them.
const TOLD_LINES: usize = 20;

pub(super) fn tell(rated: &RatedDetails, told: &mut Vec<String>) {
    if let Some(facts) = &rated.facts {
        told.push(subject(facts));
        told.extend(standing(facts));
    }
    told.extend(rated.rules.iter().map(outcome));
    told.push(format!(
        "Fractions are rounded {}, {}.",
        rounding(rated.rounding()),
        scope(rated.rounding_scope())
    ));
    told.push(format!("That makes {}.", points(rated.points)));
    if rated.lines.len() > 1 {
        let lines = rated.lines.iter().take(TOLD_LINES);
        let lines: Vec<String> = lines
            .map(|line| format!("{} for line {}", points(line.points), line.line_id))
            .collect();
        let rest = match rated.lines.len().saturating_sub(TOLD_LINES) {
            0 => String::new(),
            more => format!(", and {more} lines more"),
        };
        told.push(format!("Of these: {}{rest}.", lines.join(", ")));
    }
}

pub(super) fn tell_claw_back(back: &ClawBackDetails, told: &mut Vec<String>) {
    let cause = match back.cause() {
        Cause::Unspecified | Cause::Return => "something of it was returned",
        Cause::OtherSale => {
            "another purchase of the member, which counts towards the same limits, \
                             came late or changed"
        }
        Cause::GrantRevoked => "what they were given for was undone",
    };
    told.push(format!(
        "Order {} had {}; they were computed anew because {cause}.",
        back.order_id,
        points(back.points_before)
    ));
    if let Some(recomputed) = &back.recomputed {
        tell(recomputed, told);
    }
    let parts = [
        (back.from_own_lots, "from what the order itself had left"),
        (back.from_other_lots, "from other points"),
        (back.to_debt, "as debt, which later points repay first"),
        (
            back.not_taken,
            "not at all: there was nothing left that may be taken",
        ),
    ];
    let taken = parts.iter().filter(|(amount, _)| *amount != 0);
    let taken: Vec<String> = taken
        .map(|(amount, from)| format!("{} {from}", points(*amount)))
        .collect();
    if !taken.is_empty() {
        told.push(format!("The difference was taken: {}.", taken.join(", ")));
    }
}

fn subject(facts: &RatedFacts) -> String {
    let place = match (facts.channel.as_str(), facts.store.as_str()) {
        ("", "") => String::new(),
        (channel, "") => format!(" in the channel {channel}"),
        ("", store) => format!(" in the store {store}"),
        (channel, store) => format!(" in the channel {channel}, store {store}"),
    };
    if facts.activity_type.is_empty() {
        let (amount, currency) = (facts.amount_minor, &facts.currency_code);
        format!("A purchase worth {amount} minor units of {currency}{place}.")
    } else {
        format!("An act of the type {}{place}.", facts.activity_type)
    }
}

fn standing(facts: &RatedFacts) -> Option<String> {
    let tiers = facts.tiers.iter().map(|tier| match tier.tier_id.as_str() {
        "" => format!("no tier of {}", tier.ladder_id),
        on => format!("{on} of {}", tier.ladder_id),
    });
    let tiers: Vec<String> = tiers.collect();
    (!tiers.is_empty()).then(|| format!("The member stood on {}.", tiers.join(", ")))
}

fn outcome(rule: &RuleOutcome) -> String {
    let name = match rule.campaign_id.as_str() {
        "" => format!("Rule {}", rule.rule_id),
        campaign => format!("Rule {} of the campaign {campaign}", rule.rule_id),
    };
    let what = match rule.verdict() {
        Verdict::Unspecified => "was not tried".to_owned(),
        Verdict::Applied => applied(rule),
        Verdict::ConditionFalse => "does not apply: its condition does not hold".to_owned(),
        Verdict::NoLine => "does not apply: no line meets its condition".to_owned(),
        Verdict::Excluded => format!(
            "does not apply: {} of the same group goes before it",
            rule.excluded_by
        ),
        Verdict::Capped => format!("awards nothing more{}", limits(&rule.limits)),
        Verdict::CoolingDown => "does not apply: it has awarded too short a time before".to_owned(),
        Verdict::BudgetSpent => "awards nothing more: its budget is used up".to_owned(),
        Verdict::NotRunning => "does not apply: the campaign did not run then".to_owned(),
        Verdict::OtherSegment => {
            "does not apply: the member is in none of the campaign's segments".to_owned()
        }
        Verdict::OtherChannel => "does not apply: the campaign is for other channels".to_owned(),
        Verdict::Nothing => "comes to no points".to_owned(),
    };
    format!("{name} {what}.")
}

fn applied(rule: &RuleOutcome) -> String {
    let exact = match rule.exact.split_once('/') {
        Some((_, "1")) | None => String::new(),
        Some(_) => format!(", exactly {}", rule.exact),
    };
    if rule.points == rule.rounded {
        return format!("awards {}{exact}", points(rule.points));
    }
    format!(
        "comes to {}{exact}, and awards {}{}",
        points(rule.rounded),
        points(rule.points),
        limits(&rule.limits)
    )
}

fn limits(limits: &[Limit]) -> String {
    let each = limits.iter().map(|limit| {
        let (most, used) = (limit.limit, limit.used_before);
        match limit.kind() {
            Kind::Unspecified => "by a limit".to_owned(),
            Kind::CapPoints => format!(
                "by the limit of {} {}, of which {used} had been used",
                points(most),
                period(limit.period())
            ),
            Kind::CapTimes => format!(
                "by the limit of {most} times {}, of which {used} had been used",
                period(limit.period())
            ),
            Kind::Budget => format!(
                "by the campaign's budget of {}, of which {used} had been used",
                points(most)
            ),
        }
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() {
        String::new()
    } else {
        format!(", {}", each.join(" and "))
    }
}

fn period(period: Period) -> &'static str {
    match period {
        Period::Unspecified => "over the whole membership",
        Period::Day => "a day",
        Period::Week => "a week",
        Period::Month => "a month",
        Period::Quarter => "a quarter",
        Period::Year => "a year",
    }
}

fn rounding(rounding: PointRounding) -> &'static str {
    match rounding {
        PointRounding::Unspecified | PointRounding::Floor => "down",
        PointRounding::HalfUp => "to the nearest, half up",
        PointRounding::HalfEven => "to the nearest, half to even",
    }
}

fn scope(scope: RoundingScope) -> &'static str {
    match scope {
        RoundingScope::Unspecified | RoundingScope::Basket => "once for each rule and basket",
        RoundingScope::Line => "once for each line",
    }
}

/// `1 point`, `2 points`.
pub(super) fn points(amount: i64) -> String {
    match amount {
        1 => "1 point".to_owned(),
        _ => format!("{amount} points"),
    }
}
