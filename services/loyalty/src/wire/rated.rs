//! How a purchase or an act was rated, as it is kept with its operations and shown by simulations.

use std::collections::BTreeMap;

use contract::patron::loyalty::v1 as contract;
use contract::rule_outcome::limit::Kind as LimitKind;
use contract::rule_outcome::{Limit, Verdict};
use contract::{LinePoints, RatedDetails, RatedFacts, RuleOutcome, TierSnapshot};

use crate::domain::program::{
    Campaign, EarningRule, PointRounding, Program, RoundingScope, Trigger,
};
use crate::domain::rating::{
    Award, Limited, Matter, MemberThen, NotAwarded, Rating, WhichLimit, WhyNot, Witness,
};
use crate::domain::{LedgerError, Points, WalletId};

/// Rules without an award that are told: with hundreds of rules, most of them say nothing that
/// anybody asks about.
const TOLD_WITHOUT_AWARD: usize = 50;

/// Something that was rated, the member as it was then, and by which program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) program: &'a Program,
    pub(crate) matter: Matter<'a>,
    pub(crate) member: &'a MemberThen,
}

/// How it was rated in one point currency.
pub(crate) fn details(
    case: Case<'_>,
    rating: &Rating,
    wallet_id: WalletId,
) -> Result<RatedDetails, LedgerError> {
    let document = &case.program.document;
    let policy = document.wallet(wallet_id).unwrap_or(&document.main_wallet);
    let awards = || {
        rating
            .awards
            .iter()
            .filter(|award| award.wallet_id == wallet_id)
    };
    let skipped = rating.not_awarded.iter().filter_map(|skipped| {
        let (rule, campaign) = rule(case.program, skipped)?;
        (rule.wallet_id == wallet_id).then(|| not_awarded(skipped, campaign))
    });
    let points = awards()
        .map(|award| award.points)
        .try_fold(Points::ZERO, Points::plus)?;
    Ok(RatedDetails {
        facts: Some(facts(case)),
        rules: awards()
            .map(awarded)
            .chain(skipped.take(TOLD_WITHOUT_AWARD))
            .collect(),
        lines: lines(case.matter, awards())?,
        rounding: rounding(policy.rounding).into(),
        rounding_scope: scope(policy.rounding_scope).into(),
        points: points.get(),
    })
}

fn facts(case: Case<'_>) -> RatedFacts {
    let tiers = case.member.snapshot.tiers.iter();
    let facts = RatedFacts {
        tiers: tiers
            .map(|(ladder_id, tier_id)| TierSnapshot {
                ladder_id: ladder_id.to_string(),
                tier_id: tier_id.to_string(),
            })
            .collect(),
        read: read(case),
        ..RatedFacts::default()
    };
    match case.matter {
        Matter::Basket(basket) => RatedFacts {
            amount_minor: basket
                .lines
                .iter()
                .fold(0, |sum, line| sum.saturating_add(line.kept_minor)),
            currency_code: basket.currency.to_string(),
            channel: basket.channel.clone(),
            store: basket.store.clone(),
            ..facts
        },
        Matter::Act(act) => RatedFacts {
            activity_type: act.activity_type.clone(),
            channel: act.channel.clone(),
            ..facts
        },
    }
}

/// What the conditions of the program's rules read of the whole, by name.
fn read(case: Case<'_>) -> BTreeMap<String, String> {
    let zone = &case.program.document.zone;
    let witness = Witness::new(case.matter, case.member, zone);
    let conditions = rules(case.program)
        .filter(|(rule, _)| is_triggered(rule, case.matter))
        .filter_map(|(rule, _)| rule.condition.as_ref());
    let reads = conditions.flat_map(|condition| witness.read_by(condition));
    reads.map(|read| (read.path, read.value)).collect()
}

fn is_triggered(rule: &EarningRule, matter: Matter<'_>) -> bool {
    match (&rule.trigger, matter) {
        (Trigger::Order { .. }, Matter::Basket(_)) => true,
        (Trigger::Activity(wanted), Matter::Act(act)) => wanted.as_str() == act.activity_type,
        _ => false,
    }
}

fn rules(program: &Program) -> impl Iterator<Item = (&EarningRule, Option<&Campaign>)> {
    let document = &program.document;
    let own = document.earning_rules.iter().map(|rule| (rule, None));
    let of_campaigns = document.campaigns.iter().flat_map(|campaign| {
        let rules = campaign.rules.iter();
        rules.map(move |rule| (rule, Some(campaign)))
    });
    own.chain(of_campaigns)
}

fn rule<'a>(
    program: &'a Program,
    skipped: &NotAwarded,
) -> Option<(&'a EarningRule, Option<&'a Campaign>)> {
    rules(program).find(|(rule, _)| rule.rule_id == skipped.rule_id)
}

fn awarded(award: &Award) -> RuleOutcome {
    let campaign = award.campaign_id.as_ref();
    let exact = award.exact;
    RuleOutcome {
        rule_id: award.rule_id.to_string(),
        campaign_id: campaign.map(ToString::to_string).unwrap_or_default(),
        verdict: Verdict::Applied.into(),
        exact: format!("{}/{}", exact.numerator(), exact.denominator()),
        rounded: award.rounded.get(),
        points: award.points.get(),
        limits: award.limits.iter().map(limit).collect(),
        excluded_by: String::new(),
    }
}

fn not_awarded(skipped: &NotAwarded, campaign: Option<&Campaign>) -> RuleOutcome {
    let (mut limits, mut excluded_by) = (Vec::new(), String::new());
    let verdict = match &skipped.why {
        WhyNot::CampaignNotRunning => Verdict::NotRunning,
        WhyNot::OtherChannel => Verdict::OtherChannel,
        WhyNot::OtherSegment => Verdict::OtherSegment,
        WhyNot::ConditionNotMet => Verdict::ConditionFalse,
        WhyNot::NoLine => Verdict::NoLine,
        WhyNot::CoolingDown => Verdict::CoolingDown,
        WhyNot::WorthNothing => Verdict::Nothing,
        WhyNot::Capped { limits: capped } => {
            limits = capped.iter().map(limit).collect();
            Verdict::Capped
        }
        WhyNot::Excluded { by } => {
            excluded_by = by.to_string();
            Verdict::Excluded
        }
        WhyNot::BudgetSpent { budget } => {
            limits.push(Limit {
                kind: LimitKind::Budget.into(),
                limit: budget.get(),
                used_before: budget.get(),
                ..Limit::default()
            });
            Verdict::BudgetSpent
        }
    };
    let campaign = campaign.map(|campaign| campaign.campaign_id.to_string());
    RuleOutcome {
        rule_id: skipped.rule_id.to_string(),
        campaign_id: campaign.unwrap_or_default(),
        verdict: verdict.into(),
        limits,
        excluded_by,
        ..RuleOutcome::default()
    }
}

fn limit(limited: &Limited) -> Limit {
    let (kind, period) = match limited.which {
        WhichLimit::CapPoints(period) => (LimitKind::CapPoints, Some(period)),
        WhichLimit::CapTimes(period) => (LimitKind::CapTimes, Some(period)),
        WhichLimit::Budget => (LimitKind::Budget, None),
    };
    Limit {
        kind: kind.into(),
        period: period.map_or(0, |period| self::period(period).into()),
        limit: limited.limit,
        used_before: limited.used_before,
    }
}

fn lines<'a>(
    matter: Matter<'_>,
    awards: impl Iterator<Item = &'a Award>,
) -> Result<Vec<LinePoints>, LedgerError> {
    let Matter::Basket(basket) = matter else {
        return Ok(Vec::new());
    };
    let mut sums = vec![Points::ZERO; basket.lines.len()];
    for award in awards {
        for (sum, share) in sums.iter_mut().zip(&award.lines) {
            *sum = sum.plus(*share)?;
        }
    }
    let lines = basket.lines.iter().zip(sums);
    Ok(lines
        .map(|(line, points)| LinePoints {
            line_id: line.line_id.clone(),
            amount_minor: line.kept_minor,
            points: points.get(),
        })
        .collect())
}

fn period(period: calendar::Period) -> contract::Period {
    use calendar::Period;
    match period {
        Period::Lifetime => contract::Period::Unspecified,
        Period::Day => contract::Period::Day,
        Period::Week => contract::Period::Week,
        Period::Month => contract::Period::Month,
        Period::Quarter => contract::Period::Quarter,
        Period::Year => contract::Period::Year,
    }
}

fn rounding(rounding: PointRounding) -> contract::PointRounding {
    match rounding {
        PointRounding::Floor => contract::PointRounding::Floor,
        PointRounding::HalfUp => contract::PointRounding::HalfUp,
        PointRounding::HalfEven => contract::PointRounding::HalfEven,
    }
}

fn scope(scope: RoundingScope) -> contract::RoundingScope {
    match scope {
        RoundingScope::Basket => contract::RoundingScope::Basket,
        RoundingScope::Line => contract::RoundingScope::Line,
    }
}
