use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::rule_outcome::{Limit, Verdict, limit};
use contract::*;

use super::sentences;

fn told(details: Details) -> Vec<String> {
    sentences(&OperationDetails {
        program_version: 3,
        details: Some(details),
    })
}

fn rated() -> RatedDetails {
    let applied = RuleOutcome {
        rule_id: "base".into(),
        verdict: Verdict::Applied.into(),
        exact: "1275/100".into(),
        rounded: 12,
        points: 12,
        ..RuleOutcome::default()
    };
    let limited = RuleOutcome {
        rule_id: "double".into(),
        campaign_id: "member-day".into(),
        verdict: Verdict::Applied.into(),
        exact: "12/1".into(),
        rounded: 12,
        points: 5,
        limits: vec![Limit {
            kind: limit::Kind::CapPoints.into(),
            period: Period::Month.into(),
            limit: 100,
            used_before: 95,
        }],
        ..RuleOutcome::default()
    };
    let excluded = RuleOutcome {
        rule_id: "tea".into(),
        verdict: Verdict::Excluded.into(),
        excluded_by: "coffee".into(),
        ..RuleOutcome::default()
    };
    let line = |line_id: &str, points| LinePoints {
        line_id: line_id.into(),
        points,
        ..LinePoints::default()
    };
    RatedDetails {
        facts: Some(RatedFacts {
            amount_minor: 1275,
            currency_code: "CNY".into(),
            channel: "app".into(),
            tiers: vec![TierSnapshot {
                ladder_id: "status".into(),
                tier_id: "gold".into(),
            }],
            ..RatedFacts::default()
        }),
        rules: vec![applied, limited, excluded],
        lines: vec![line("1", 16), line("2", 1)],
        points: 17,
        ..RatedDetails::default()
    }
}

#[test]
fn a_rated_purchase_is_told_rule_by_rule_with_fraction_limit_and_shares() {
    assert_eq!(
        told(Details::Rated(rated())),
        [
            "Decided by version 3 of the program.",
            "A purchase worth 1275 minor units of CNY in the channel app.",
            "The member stood on gold of status.",
            "Rule base awards 12 points, exactly 1275/100.",
            "Rule double of the campaign member-day comes to 12 points, and awards 5 points, by the \
             limit of 100 points a month, of which 95 had been used.",
            "Rule tea does not apply: coffee of the same group goes before it.",
            "Fractions are rounded down, once for each rule and basket.",
            "That makes 17 points.",
            "Of these: 16 points for line 1, 1 point for line 2.",
        ]
    );
}

#[test]
fn a_claw_back_tells_what_was_computed_anew_and_where_the_difference_was_taken() {
    let back = ClawBackDetails {
        order_id: "o-1".into(),
        points_before: 40,
        recomputed: Some(rated()),
        from_own_lots: 20,
        to_debt: 3,
        ..ClawBackDetails::default()
    };
    let told = told(Details::ClawBack(back));
    assert_eq!(
        (told[1].as_str(), told.last().unwrap().as_str()),
        (
            "Order o-1 had 40 points; they were computed anew because something of it was returned.",
            "The difference was taken: 20 points from what the order itself had left, 3 points as \
             debt, which later points repay first.",
        )
    );
}

#[test]
fn every_kind_of_operation_has_words() {
    let all = [
        Details::Accrual(AccrualDetails::default()),
        Details::Rated(RatedDetails::default()),
        Details::ClawBack(ClawBackDetails::default()),
        Details::Redemption(RedemptionDetails::default()),
        Details::Restore(RestoreDetails::default()),
        Details::Hold(HoldDetails::default()),
        Details::Release(ReleaseDetails::default()),
        Details::Expiry(ExpiryDetails::default()),
        Details::Activation(ActivationDetails::default()),
        Details::Transfer(TransferDetails::default()),
        Details::Adjustment(AdjustmentDetails::default()),
        Details::Grant(GrantDetails::default()),
        Details::Redate(RedateDetails::default()),
    ];
    for details in all {
        let sentences = told(details.clone());
        assert!(sentences.len() > 1, "{details:?}: {sentences:?}");
        assert!(
            sentences.iter().all(|sentence| sentence.ends_with('.')),
            "{sentences:?}"
        );
    }
}

#[test]
fn details_of_a_newer_release_are_left_out() {
    assert_eq!(
        sentences(&OperationDetails::default()),
        Vec::<String>::new()
    );
}

#[test]
fn a_rise_and_a_fall_are_told_with_what_counted_and_for_how_long() {
    let date = |year, month, day| Some(::contract::google::r#type::Date { year, month, day });
    let rise = TierChange {
        ladder_id: "status".into(),
        to_tier_id: "gold".into(),
        reason: tier_change::Reason::Reached.into(),
        effective_date: date(2026, 3, 9),
        until_date: date(2027, 3, 31),
        metric: 1_000_050,
        window_start_date: date(2025, 3, 10),
        window_end_date: date(2026, 3, 9),
        program_version: 3,
        reference: "o-1".into(),
        ..TierChange::default()
    };
    assert_eq!(
        super::tier::sentences(&rise),
        [
            "Decided by version 3 of the program.",
            "From 2025-03-10 to 2026-03-09, 1000050 counted on the ladder status.",
            "That reaches gold: the member stands there since 2026-03-09.",
            "The tier is kept to the end of 2027-03-31 at least.",
            "It was caused by o-1.",
        ]
    );
    let fall = TierChange {
        from_tier_id: "gold".into(),
        to_tier_id: String::new(),
        reason: tier_change::Reason::NotKept.into(),
        until_date: None,
        reference: String::new(),
        ..rise
    };
    let told = super::tier::sentences(&fall);
    assert_eq!(
        told.last().unwrap(),
        "That is too little to keep gold: the member stands on no tier since 2026-03-09."
    );
}
