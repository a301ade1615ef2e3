use std::sync::Arc;

use calendar::{Period, RoundUp, Span, Zone};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use crate::domain::program::*;
use crate::domain::rating::{Budgets, Snapshot};
use crate::domain::sales::{Sale, SaleLine};
use crate::domain::simulation::*;
use crate::domain::{Currency, Points};

fn condition(source: &str) -> Condition {
    Condition::compile(source, Vocabulary::Order).unwrap()
}

/// Whether the member stands on a tier.
fn on(tier: &str) -> Condition {
    let source = format!("'status' in member.tiers && member.tiers['status'] == '{tier}'");
    condition(&source)
}

fn rule(rule_id: &str, trigger: Trigger, award: Award) -> EarningRule {
    EarningRule {
        rule_id: RuleId::new(rule_id),
        display_name: String::new(),
        wallet_id: WalletId::POINTS,
        trigger,
        condition: None,
        award,
        stacking: None,
        priority: 0,
        caps: Vec::new(),
        cooldown_seconds: 0,
        funding_partner: None,
    }
}

fn each_unit() -> EarningRule {
    let ratio = Ratio {
        numerator: 1,
        denominator: 1,
    };
    rule(
        "base",
        Trigger::Order { lines: None },
        Award::PerCurrencyUnit(ratio),
    )
}

fn fixed(rule_id: &str, points: i64) -> EarningRule {
    let trigger = Trigger::Order { lines: None };
    rule(rule_id, trigger, Award::Fixed(Points::new(points)))
}

fn status() -> TierLadder {
    let tier = |tier_id: &str, threshold: i64| Tier {
        tier_id: TierId::new(tier_id),
        display_name: String::new(),
        threshold,
        keep_threshold: threshold,
        falls_to: None,
    };
    TierLadder {
        ladder_id: LadderId::new("status"),
        display_name: String::new(),
        metric: Metric::Spend { currency: None },
        window: MetricWindow::RollingMonths(12),
        tiers: vec![tier("silver", 10_000), tier("gold", 50_000)],
        downgrade: Downgrade::OneStep,
        validity_months: 12,
        validity_round_up: RoundUp::Month,
        take_back_on_return: true,
    }
}

fn program(earning_rules: Vec<EarningRule>) -> Program {
    let main_wallet = WalletPolicy {
        wallet_id: WalletId::POINTS,
        display_name: String::new(),
        decimals: 0,
        rounding: PointRounding::Floor,
        rounding_scope: RoundingScope::Basket,
        expiry: Some(ExpiryPolicy {
            span: Span::months(12),
            round_up: RoundUp::Month,
            extended_by_activity: false,
            reminder_days: Vec::new(),
        }),
        pending: None,
        debt: DebtPolicy::Unlimited,
        redemption: RedemptionPolicy::default(),
        value: None,
    };
    Program {
        program_id: ProgramId::new("default"),
        version: 2,
        document: Document {
            display_name: String::new(),
            zone: Zone::parse("Asia/Shanghai").unwrap(),
            main_wallet,
            other_wallets: Vec::new(),
            earning_rules,
            tier_ladders: vec![status()],
            benefits: Vec::new(),
            rewards: Vec::new(),
            coupon_templates: Vec::new(),
            campaigns: Vec::new(),
            packages: Vec::new(),
            challenges: Vec::new(),
            draws: Vec::new(),
            referrals: None,
            households: None,
            adjustments: AdjustmentPolicy::default(),
        },
    }
}

fn at(day: i64) -> Timestamp {
    let start: Timestamp = "2026-01-01T04:00:00Z".parse().unwrap();
    start + SignedDuration::from_hours(24 * day)
}

/// A purchase on a day, and what is left of it.
fn sale(order: usize, day: i64, minor: i64, left: i64) -> PastDeed {
    let line = SaleLine {
        line_id: "1".to_owned(),
        product_id: "tea".to_owned(),
        category: String::new(),
        quantity: 1,
        amount_minor: minor,
        returned: i64::from(left == 0),
        refunded_minor: minor - left,
    };
    let sale = Sale {
        customer_id: Uuid::nil(),
        order_id: format!("o-{order}"),
        channel: "online".to_owned(),
        store: String::new(),
        ordered_at: at(day),
        currency: Currency::parse("CNY").unwrap(),
        lines: vec![line],
    };
    let returned_at = (left != minor).then(|| at(day + 3));
    PastDeed {
        what: What::Bought(sale, returned_at),
        snapshot: Snapshot::default(),
    }
}

fn past(deeds: Vec<PastDeed>) -> Past {
    Past {
        customer_id: Uuid::nil(),
        joined_at: at(0),
        deeds,
    }
}

fn replayed(program: &Program, deeds: Vec<PastDeed>) -> Replayed {
    let timeline = Timeline::always(Arc::new(program.clone()));
    let mut budgets = Budgets::default();
    replay(&timeline, &past(deeds), &mut budgets, date(2026, 6, 1)).unwrap()
}

fn points(side: &Side) -> Vec<(i64, i64)> {
    let earned = side.earned.iter();
    earned
        .map(|earned| (earned.issued.get(), earned.kept.get()))
        .collect()
}

#[test]
fn each_purchase_earns_at_first_and_keeps_what_its_returns_leave() {
    let program = program(vec![each_unit()]);
    let replayed = replayed(
        &program,
        vec![
            sale(1, 1, 1299, 1299),
            sale(2, 5, 5000, 2000),
            sale(3, 9, 700, 0),
        ],
    );
    assert_eq!(points(&replayed.side), [(12, 12), (50, 20), (7, 0)]);
    let lapses = replayed.side.earned[0].expires_at.unwrap();
    assert_eq!(lapses.to_string(), "2027-01-31T16:00:00Z");
}

#[test]
fn conditions_see_the_member_as_it_was_in_the_simulation() {
    let mut first = fixed("first", 5);
    first.condition = Some(condition("member.is_first_order"));
    let mut silver = fixed("silver", 3);
    silver.condition = Some(on("silver"));
    let program = program(vec![first, silver]);
    // The first purchase is returned wholly, so the second is the first; it lifts the member.
    let deeds = vec![
        sale(1, 1, 100, 0),
        sale(2, 2, 20_000, 20_000),
        sale(3, 3, 100, 100),
    ];
    let replayed = replayed(&program, deeds);
    assert_eq!(points(&replayed.side), [(5, 0), (5, 5), (3, 3)]);
    let standing = &replayed.side.tiers[&LadderId::new("status")];
    assert_eq!(standing, &Some(TierId::new("silver")));
}

#[test]
fn a_deed_that_can_not_be_rated_is_told_and_the_others_go_on() {
    let mut broken = fixed("broken", 5);
    let source = "order.total_minor * 9223372036854775807 > 0";
    broken.condition = Some(condition(source));
    let program = program(vec![each_unit(), broken]);
    let replayed = replayed(
        &program,
        vec![sale(1, 1, 1, 1), sale(2, 2, 200, 200), sale(3, 3, 1, 1)],
    );
    assert_eq!(points(&replayed.side), [(5, 5), (5, 5)]);
    assert_eq!(replayed.unrated[0].reference, "o-2");
}

#[test]
fn what_is_returned_goes_back_into_caps_and_budgets() {
    let mut capped = fixed("capped", 10);
    capped.caps = vec![Cap {
        period: Period::Day,
        points: Some(Points::new(10)),
        times: None,
    }];
    let program = program(vec![capped]);
    let replayed = replayed(
        &program,
        vec![
            sale(1, 1, 100, 0),
            sale(2, 1, 100, 100),
            sale(3, 1, 100, 100),
        ],
    );
    assert_eq!(points(&replayed.side), [(10, 0), (10, 10)]);
}

proptest! {
    /// A purchase that was returned wholly leaves points and tiers as if it had never been.
    #[test]
    fn what_is_wholly_returned_might_as_well_never_have_been_bought(
        amounts in prop::collection::vec((1..40_000_i64, 0..150_i64, any::<bool>()), 1..15)
    ) {
        let mut first = fixed("first", 5);
        first.condition = Some(condition("member.is_first_order"));
        let mut gold = fixed("gold", 7);
        gold.condition = Some(on("gold"));
        gold.caps = vec![Cap { period: Period::Month, points: None, times: Some(2) }];
        let program = program(vec![each_unit(), first, gold]);
        let mut all: Vec<_> = amounts.iter().zip(0..)
            .map(|((minor, day, is_back), order)| (*day, order, *minor, *is_back)).collect();
        all.sort_unstable();
        let whole = all.iter().map(|(day, order, minor, is_back)| {
            sale(*order, *day, *minor, if *is_back { 0 } else { *minor })
        }).collect();
        let kept = all.iter().filter(|(_, _, _, is_back)| !is_back);
        let without = kept.map(|(day, order, minor, _)| sale(*order, *day, *minor, *minor)).collect();
        let (whole, without) = (replayed(&program, whole), replayed(&program, without));
        prop_assert_eq!(
            whole.side.kept(WalletId::POINTS).unwrap(),
            without.side.kept(WalletId::POINTS).unwrap()
        );
        prop_assert_eq!(whole.side.tiers, without.side.tiers);
    }
}

#[test]
fn each_deed_goes_by_the_version_that_is_in_force_then() {
    let (one, mut two) = (
        program(vec![fixed("one", 1)]),
        program(vec![fixed("two", 2)]),
    );
    two.document.tier_ladders.clear();
    let timeline = Timeline::then(Arc::new(one), vec![(at(5), Arc::new(two))]);
    let deeds = vec![sale(1, 4, 20_000, 20_000), sale(2, 5, 100, 100)];
    let mut budgets = Budgets::default();
    let replayed = replay(&timeline, &past(deeds), &mut budgets, date(2026, 6, 1)).unwrap();
    assert_eq!(points(&replayed.side), [(1, 1), (2, 2)]);
    assert!(replayed.side.tiers.is_empty());
}
