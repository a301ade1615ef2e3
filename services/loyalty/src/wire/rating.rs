//! What is rated: events, and what explains operations of the ledger.

use ::contract::time::timestamp;
use contract::claw_back_details::Cause as WireCause;
use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::rule_outcome::limit::Kind as LimitKind;
use contract::rule_outcome::{Limit, Verdict};
use uuid::Uuid;

use crate::app::rating::{Cause, Entry};
use crate::domain::happened::Act;
use crate::domain::ledger::{
    Activated, ClawedBack, Earned, Points, Refund, Restored, Spent, WalletId,
};
use crate::domain::program::{PointRounding, RoundingScope, RuleId};
use crate::domain::rating::{
    Award, Basket, Done, Limited, Rating, Source, WhichLimit, WhyNot, Witness,
};
use crate::domain::sales::Fault;

/// Points of a purchase or an act have been earned.
pub(crate) fn earned(
    customer_id: Uuid,
    reference: &str,
    points: Points,
    earned: &Earned,
) -> contract::PointsEarned {
    contract::PointsEarned {
        customer_id: customer_id.to_string(),
        operation_id: earned.operation_id.to_string(),
        amount: points.get(),
        debt_repaid: earned.debt_repaid.get(),
        reference: reference.to_owned(),
        available_after: earned.posting.figures().balances.available.get(),
        wallet_id: earned.posting.wallet_id().to_string(),
    }
}

/// Points of a purchase or an act have been taken back.
pub(crate) fn clawed_back(
    customer_id: Uuid,
    (reference, order_reference): (&str, &str),
    points: Points,
    taken: &ClawedBack,
) -> contract::PointsClawedBack {
    let operation_id = taken.operation_id;
    contract::PointsClawedBack {
        customer_id: customer_id.to_string(),
        operation_id: operation_id.map(|id| id.to_string()).unwrap_or_default(),
        amount: points.get(),
        debt_added: taken.debt_added.get(),
        reference: reference.to_owned(),
        order_reference: order_reference.to_owned(),
        available_after: taken.posting.figures().balances.available.get(),
        wallet_id: taken.posting.wallet_id().to_string(),
    }
}

/// Something can't be rated.
pub(crate) fn parked(
    customer_id: Uuid,
    entry: &Entry<'_>,
    fault: &Fault,
) -> contract::RatingParked {
    let (order_id, activity_type, activity_id) = source(&entry.moment.source);
    let rule_id = match fault {
        Fault::Condition { rule_id, .. } | Fault::Overflow { rule_id } => rule_id.to_string(),
        Fault::TooMuchAfter => String::new(),
    };
    contract::RatingParked {
        customer_id: customer_id.to_string(),
        order_id,
        activity_type,
        activity_id,
        rule_id,
        detail: fault.to_string(),
    }
}

/// A member has done something.
pub(crate) fn activity_recorded(act: &Act) -> contract::ActivityRecorded {
    contract::ActivityRecorded {
        customer_id: act.customer_id.to_string(),
        activity_type: act.activity_type.clone(),
        activity_id: act.activity_id.clone(),
        occur_time: Some(timestamp(act.occurred_at)),
    }
}

/// The order, or the type and id of an act.
pub(crate) fn source(source: &Source) -> (String, String, String) {
    match source {
        Source::Order(order_id) => (order_id.clone(), String::new(), String::new()),
        Source::Act(activity_type, activity_id) => {
            (String::new(), activity_type.clone(), activity_id.clone())
        }
    }
}

/// Spent points have been given back.
pub(crate) fn restored(
    customer_id: Uuid,
    redemption_id: Uuid,
    return_id: &str,
    restored: &Restored,
) -> contract::PointsRestored {
    contract::PointsRestored {
        customer_id: customer_id.to_string(),
        operation_id: restored.operation_id.to_string(),
        wallet_id: restored.posting.wallet_id().to_string(),
        redemption_id: redemption_id.to_string(),
        amount: restored.points.get(),
        expired: restored.lapsed.get(),
        debt_repaid: restored.debt_repaid.get(),
        reference: return_id.to_owned(),
        available_after: restored.posting.figures().balances.available.get(),
    }
}

/// Points have become usable by an act.
pub(crate) fn activated(customer_id: Uuid, activated: &Activated) -> contract::PointsActivated {
    contract::PointsActivated {
        customer_id: customer_id.to_string(),
        operation_id: activated.operation_id.to_string(),
        wallet_id: activated.posting.wallet_id().to_string(),
        amount: activated.points.get(),
        debt_repaid: activated.debt_repaid.get(),
        available_after: activated.posting.figures().balances.available.get(),
    }
}

/// What explains points that became usable by an act.
pub(crate) fn activation_operation(act: &Act) -> contract::OperationDetails {
    let details = contract::ActivationDetails {
        activity_id: act.activity_id.clone(),
    };
    contract::OperationDetails {
        program_version: 0,
        details: Some(Details::Activation(details)),
    }
}

/// What explains spent points that were given back.
pub(crate) fn restore_operation(
    program_version: i64,
    (redemption_id, spent): (Uuid, &Spent),
    refund: Refund,
    restored: &Restored,
) -> contract::OperationDetails {
    let shares = spent.lots.iter().map(|share| share.points.get());
    let details = contract::RestoreDetails {
        redemption_id: redemption_id.to_string(),
        redeemed: shares.fold(0, i64::saturating_add),
        restored_before: spent.restored.get(),
        refunded_minor: refund.refunded,
        total_minor: refund.paid,
        expired: restored.lapsed.get(),
    };
    contract::OperationDetails {
        program_version,
        details: Some(Details::Restore(details)),
    }
}

/// What explains points that were earned.
pub(crate) fn rated_operation(
    entry: &Entry<'_>,
    rating: &Rating,
    wallet_id: WalletId,
) -> contract::OperationDetails {
    contract::OperationDetails {
        program_version: entry.program.version,
        details: Some(Details::Rated(rated(entry, rating, wallet_id))),
    }
}

/// What explains points that were taken back.
pub(crate) fn claw_back_operation(
    entry: &Entry<'_>,
    rating: &Rating,
    (wallet_id, points): (WalletId, Points),
    taken: &ClawedBack,
) -> contract::OperationDetails {
    let cause = match entry.cause {
        Cause::Returned { .. } => WireCause::Return,
        Cause::New | Cause::Retried | Cause::Other { .. } => WireCause::OtherSale,
    };
    let recomputed = rated(entry, rating, wallet_id);
    let details = contract::ClawBackDetails {
        order_id: entry.reference().to_owned(),
        cause: cause.into(),
        points_before: recomputed.points.saturating_add(points.get()),
        recomputed: Some(recomputed),
        from_own_lots: taken.from_own.get(),
        from_other_lots: taken.from_others.get(),
        to_debt: taken.debt_added.get(),
        not_taken: taken.not_taken.get(),
    };
    contract::OperationDetails {
        program_version: entry.program.version,
        details: Some(Details::ClawBack(details)),
    }
}

/// How something was rated, as far as one point currency is concerned.
fn rated(entry: &Entry<'_>, rating: &Rating, wallet_id: WalletId) -> contract::RatedDetails {
    let document = &entry.program.document;
    let policy = document.wallet(wallet_id).unwrap_or(&document.main_wallet);
    let own = || {
        rating
            .awards
            .iter()
            .filter(|award| award.wallet_id == wallet_id)
    };
    let rules = document.earning_rules.iter();
    let of_campaigns = document
        .campaigns
        .iter()
        .flat_map(|campaign| &campaign.rules);
    let of_wallet = |rule_id: &RuleId| {
        let mut all = rules.clone().chain(of_campaigns.clone());
        all.any(|rule| rule.rule_id == *rule_id && rule.wallet_id == wallet_id)
    };
    let not = rating
        .not_awarded
        .iter()
        .filter(|one| of_wallet(&one.rule_id));
    let outcomes = own()
        .map(applied)
        .chain(not.map(|one| not_applied(&one.rule_id, &one.why)));
    contract::RatedDetails {
        facts: Some(facts(entry)),
        rules: outcomes.collect(),
        lines: match &entry.done {
            Done::Basket(basket) => line_points(basket, own()),
            Done::Act(..) => Vec::new(),
        },
        rounding: rounding(policy.rounding).into(),
        rounding_scope: rounding_scope(policy.rounding_scope).into(),
        points: own()
            .map(|award| award.points.get())
            .fold(0, i64::saturating_add),
    }
}

fn facts(entry: &Entry<'_>) -> contract::RatedFacts {
    let tiers = entry.earnings.snapshot.tiers.iter();
    let mut facts = contract::RatedFacts {
        tiers: tiers
            .map(|(ladder_id, tier_id)| contract::TierSnapshot {
                ladder_id: ladder_id.to_string(),
                tier_id: tier_id.to_string(),
            })
            .collect(),
        read: read(entry),
        ..contract::RatedFacts::default()
    };
    match &entry.done {
        Done::Basket(basket) => {
            let kept = basket.lines.iter().map(|line| line.kept_minor);
            facts.amount_minor = kept.fold(0, i64::saturating_add);
            facts.currency_code = basket.currency.to_string();
            facts.channel.clone_from(&basket.channel);
            facts.store.clone_from(&basket.store);
        }
        Done::Act(act, _) => {
            facts.activity_type.clone_from(&act.activity_type);
            facts.channel.clone_from(&act.channel);
        }
    }
    facts
}

/// The facts that conditions have read.
fn read(entry: &Entry<'_>) -> std::collections::BTreeMap<String, String> {
    let document = &entry.program.document;
    let rules = document.earning_rules.iter();
    let of_campaigns = document
        .campaigns
        .iter()
        .flat_map(|campaign| &campaign.rules);
    let conditions = rules
        .chain(of_campaigns)
        .filter_map(|rule| rule.condition.as_ref());
    let mut conditions = conditions.peekable();
    if conditions.peek().is_none() {
        return std::collections::BTreeMap::new();
    }
    let witness = Witness::new(entry.done.matter(), &entry.member, &document.zone);
    let reads = conditions.flat_map(|condition| witness.read_by(condition));
    reads.map(|read| (read.path, read.value)).collect()
}

fn line_points<'a>(
    basket: &Basket,
    awards: impl Iterator<Item = &'a Award>,
) -> Vec<contract::LinePoints> {
    let mut points = vec![0_i64; basket.lines.len()];
    for award in awards {
        for (line, share) in points.iter_mut().zip(&award.lines) {
            *line = line.saturating_add(share.get());
        }
    }
    let lines = basket.lines.iter().zip(points);
    let lines = lines.filter(|(_, points)| *points > 0);
    lines
        .map(|(line, points)| contract::LinePoints {
            line_id: line.line_id.clone(),
            amount_minor: line.kept_minor,
            points,
        })
        .collect()
}

fn applied(award: &Award) -> contract::RuleOutcome {
    let exact = &award.exact;
    contract::RuleOutcome {
        rule_id: award.rule_id.to_string(),
        campaign_id: award
            .campaign_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        verdict: Verdict::Applied.into(),
        exact: format!("{}/{}", exact.numerator(), exact.denominator()),
        rounded: award.rounded.get(),
        points: award.points.get(),
        limits: award.limits.iter().map(limited).collect(),
        excluded_by: String::new(),
    }
}

fn not_applied(rule_id: &RuleId, why: &WhyNot) -> contract::RuleOutcome {
    let mut outcome = contract::RuleOutcome {
        rule_id: rule_id.to_string(),
        ..contract::RuleOutcome::default()
    };
    let verdict = match why {
        WhyNot::CampaignNotRunning => Verdict::NotRunning,
        WhyNot::OtherChannel => Verdict::OtherChannel,
        WhyNot::OtherSegment => Verdict::OtherSegment,
        WhyNot::ConditionNotMet => Verdict::ConditionFalse,
        WhyNot::NoLine => Verdict::NoLine,
        WhyNot::CoolingDown => Verdict::CoolingDown,
        WhyNot::WorthNothing => Verdict::Nothing,
        WhyNot::Capped { limits } => {
            outcome.limits = limits.iter().map(limited).collect();
            Verdict::Capped
        }
        WhyNot::Excluded { by } => {
            outcome.excluded_by = by.to_string();
            Verdict::Excluded
        }
        WhyNot::BudgetSpent { budget } => {
            outcome.limits = vec![Limit {
                kind: LimitKind::Budget.into(),
                limit: budget.get(),
                used_before: budget.get(),
                ..Limit::default()
            }];
            Verdict::BudgetSpent
        }
    };
    outcome.verdict = verdict.into();
    outcome
}

fn limited(limited: &Limited) -> Limit {
    let (kind, period) = match limited.which {
        WhichLimit::CapPoints(period) => (LimitKind::CapPoints, Some(period)),
        WhichLimit::CapTimes(period) => (LimitKind::CapTimes, Some(period)),
        WhichLimit::Budget => (LimitKind::Budget, None),
    };
    Limit {
        kind: kind.into(),
        period: period
            .map_or(contract::Period::Unspecified, wire_period)
            .into(),
        limit: limited.limit,
        used_before: limited.used_before,
    }
}

fn wire_period(period: calendar::Period) -> contract::Period {
    match period {
        calendar::Period::Day => contract::Period::Day,
        calendar::Period::Week => contract::Period::Week,
        calendar::Period::Month => contract::Period::Month,
        calendar::Period::Quarter => contract::Period::Quarter,
        calendar::Period::Year => contract::Period::Year,
        calendar::Period::Lifetime => contract::Period::Unspecified,
    }
}

fn rounding(rounding: PointRounding) -> contract::PointRounding {
    match rounding {
        PointRounding::Floor => contract::PointRounding::Floor,
        PointRounding::HalfUp => contract::PointRounding::HalfUp,
        PointRounding::HalfEven => contract::PointRounding::HalfEven,
    }
}

fn rounding_scope(scope: RoundingScope) -> contract::RoundingScope {
    match scope {
        RoundingScope::Basket => contract::RoundingScope::Basket,
        RoundingScope::Line => contract::RoundingScope::Line,
    }
}
