//! Points of baskets and acts, each sentence by an example or over all small cases.

mod history;

use calendar::{Period, Recurrence, Zone};
use jiff::Timestamp;
use jiff::civil::date;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::program::{
    AdjustmentPolicy, Award as Worth, Campaign, CampaignId, Cap, Condition, Document, EarningRule,
    PointRounding, Program, ProgramId, Ratio, RoundingScope, RuleId, SegmentId, Stacking,
    StackingGroup, TimeWindow, Trigger, WalletId, WalletPolicy,
};
use crate::domain::program::{DebtPolicy, RedemptionPolicy};
use crate::domain::{Currency, Points};

/// Holds for lines whose category is the condition's source; without a line for `true`.
struct ByCategory<'b>(&'b Basket);

impl Judge for ByCategory<'_> {
    fn holds(&self, condition: &Condition, line: Option<usize>) -> Result<bool, ConditionError> {
        match line.and_then(|place| self.0.lines.get(place)) {
            _ if condition.source() == "broken" => Err(ConditionError("no value".to_owned())),
            Some(line) => Ok(line.category == condition.source()),
            None => Ok(condition.source() == "true"),
        }
    }

    fn is_in_segment(&self, segment_id: &SegmentId) -> bool {
        segment_id.as_str() == "vip"
    }
}

fn points_wallet() -> WalletId {
    WalletId::parse("POINTS").unwrap()
}

fn rule(rule_id: &str, award: Worth) -> EarningRule {
    EarningRule {
        rule_id: RuleId::new(rule_id),
        display_name: rule_id.to_owned(),
        wallet_id: points_wallet(),
        trigger: Trigger::Order { lines: None },
        condition: None,
        award,
        stacking: None,
        priority: 0,
        caps: Vec::new(),
        cooldown_seconds: 0,
        funding_partner: None,
    }
}

fn per_unit(numerator: i64, denominator: i64) -> Worth {
    Worth::PerCurrencyUnit(Ratio {
        numerator,
        denominator,
    })
}

fn campaign(rules: Vec<EarningRule>) -> Campaign {
    Campaign {
        campaign_id: CampaignId::new("campaign"),
        display_name: String::new(),
        window: TimeWindow::default(),
        days: None,
        segment_ids: Vec::new(),
        channels: Vec::new(),
        budget: None,
        rules,
    }
}

fn program(earning_rules: Vec<EarningRule>, campaigns: Vec<Campaign>) -> Program {
    let main_wallet = WalletPolicy {
        wallet_id: points_wallet(),
        display_name: "Points".to_owned(),
        decimals: 0,
        rounding: PointRounding::Floor,
        rounding_scope: RoundingScope::Basket,
        expiry: None,
        pending: None,
        debt: DebtPolicy::Unlimited,
        redemption: RedemptionPolicy::default(),
        value: None,
    };
    let document = Document {
        display_name: "Points".to_owned(),
        zone: Zone::parse("Asia/Shanghai").unwrap(),
        main_wallet,
        other_wallets: Vec::new(),
        earning_rules,
        tier_ladders: Vec::new(),
        benefits: Vec::new(),
        rewards: Vec::new(),
        coupon_templates: Vec::new(),
        campaigns,
        packages: Vec::new(),
        challenges: Vec::new(),
        draws: Vec::new(),
        referrals: None,
        households: None,
        adjustments: AdjustmentPolicy::default(),
    };
    Program {
        program_id: ProgramId::new("default"),
        version: 1,
        document,
    }
}

/// A basket of lines of these amounts, of the categories `a`, `b`, `c` … in turn.
fn basket(amounts: &[i64]) -> Basket {
    let line = |(place, amount): (usize, &i64)| Line {
        line_id: place.to_string(),
        product_id: "p".to_owned(),
        category: char::from(b'a' + u8::try_from(place % 26).unwrap()).to_string(),
        quantity: 1,
        kept_minor: *amount,
    };
    Basket {
        customer_id: Uuid::nil(),
        order_id: "o".to_owned(),
        channel: "online".to_owned(),
        store: String::new(),
        // 8 March, 07:00 in Shanghai; still the 7th in UTC.
        ordered_at: "2026-03-07T23:00:00Z".parse::<Timestamp>().unwrap(),
        currency: Currency::parse("CNY").unwrap(),
        lines: amounts.iter().enumerate().map(line).collect(),
    }
}

fn rated(program: &Program, basket: &Basket, usage: &Usage, budgets: &mut Budgets) -> Rating {
    let situation = Situation {
        subject: Subject::Basket(basket),
        judge: &ByCategory(basket),
        usage,
    };
    rate(program, &situation, budgets).unwrap()
}

fn total(program: &Program, basket: &Basket) -> i64 {
    let rating = rated(program, basket, &Usage::default(), &mut Budgets::default());
    rating.points(points_wallet()).unwrap().get()
}

#[test]
fn a_point_for_each_yuan_is_rounded_once_for_the_basket_or_for_each_line() {
    let mut program = program(vec![rule("base", per_unit(1, 1))], Vec::new());
    let basket = basket(&[150, 150, 199]);
    assert_eq!(total(&program, &basket), 4);
    program.document.main_wallet.rounding_scope = RoundingScope::Line;
    assert_eq!(total(&program, &basket), 3);
    program.document.main_wallet.rounding = PointRounding::HalfUp;
    assert_eq!(total(&program, &basket), 6);
    program.document.main_wallet.rounding = PointRounding::HalfEven;
    assert_eq!(total(&program, &basket), 6);
}

#[test]
fn a_bonus_multiplies_what_the_basic_rules_have_awarded_on_the_lines_it_looks_at() {
    let mut double = rule(
        "double",
        Worth::BonusMultiple(Ratio {
            numerator: 1,
            denominator: 1,
        }),
    );
    let base = rule("base", per_unit(1, 1));
    assert_eq!(
        total(
            &program(vec![double.clone(), base.clone()], Vec::new()),
            &basket(&[500, 700])
        ),
        24
    );
    let lines = Some(Condition::new("b"));
    double.trigger = Trigger::Order { lines };
    assert_eq!(
        total(
            &program(vec![base, double], Vec::new()),
            &basket(&[500, 700])
        ),
        19
    );
}

#[test]
fn of_a_group_the_best_or_the_first_applies_and_the_others_say_which() {
    let in_group = |rule_id, points, priority, stacking| EarningRule {
        stacking: Some(StackingGroup {
            name: "group".to_owned(),
            stacking,
        }),
        priority,
        ..rule(rule_id, Worth::Fixed(Points::new(points)))
    };
    let of = |stacking| {
        let rules = vec![
            in_group("small", 5, 2, stacking),
            in_group("large", 9, 1, stacking),
        ];
        let program = program(rules, Vec::new());
        rated(
            &program,
            &basket(&[100]),
            &Usage::default(),
            &mut Budgets::default(),
        )
    };
    assert_eq!(
        of(Stacking::Add).points(points_wallet()),
        Some(Points::new(14))
    );
    assert_eq!(
        of(Stacking::First).points(points_wallet()),
        Some(Points::new(5))
    );
    let best = of(Stacking::Best);
    assert_eq!(best.points(points_wallet()), Some(Points::new(9)));
    let by = RuleId::new("large");
    assert_eq!(
        best.not_awarded.first().unwrap().why,
        WhyNot::Excluded { by }
    );
}

#[test]
fn a_campaign_counts_local_days_channels_and_segments() {
    let eighth = Recurrence::parse("FREQ=MONTHLY;BYMONTHDAY=8", date(2000, 1, 1)).unwrap();
    let member_day = Campaign {
        days: Some(eighth),
        segment_ids: vec![SegmentId::new("vip")],
        channels: vec!["online".to_owned()],
        ..campaign(vec![rule("gift", Worth::Fixed(Points::new(7)))])
    };
    let on = |change: fn(&mut Basket)| {
        let mut basket = basket(&[100]);
        change(&mut basket);
        total(&program(Vec::new(), vec![member_day.clone()]), &basket)
    };
    assert_eq!(on(|_| ()), 7);
    assert_eq!(on(|basket| basket.channel = "store".to_owned()), 0);
    assert_eq!(
        on(|basket| basket.ordered_at = "2026-03-08T16:00:00Z".parse().unwrap()),
        0
    );
    let mut others = member_day.clone();
    others.segment_ids = vec![SegmentId::new("others")];
    assert_eq!(
        total(&program(Vec::new(), vec![others]), &basket(&[100])),
        0
    );
}

#[test]
fn caps_leave_what_is_left_in_their_period_and_then_nothing() {
    let capped = EarningRule {
        caps: vec![
            Cap {
                period: Period::Day,
                points: Some(Points::new(10)),
                times: None,
            },
            Cap {
                period: Period::Lifetime,
                points: None,
                times: Some(2),
            },
        ],
        ..rule("base", per_unit(1, 1))
    };
    let program = program(vec![capped], Vec::new());
    let mut usage = Usage::default();
    let mut next_day = basket(&[9_900]);
    next_day.ordered_at = "2026-03-08T23:00:00Z".parse().unwrap();
    let expected = [(basket(&[700]), 7), (basket(&[700]), 3), (next_day, 0)];
    for (basket, points) in expected {
        let rating = rated(&program, &basket, &usage, &mut Budgets::default());
        assert_eq!(rating.points(points_wallet()), Some(Points::new(points)));
        usage.count(&program, &Subject::Basket(&basket), &rating);
    }
}

#[test]
fn a_rule_cools_down_from_its_last_award_before() {
    let slow = EarningRule {
        cooldown_seconds: 3_600,
        ..rule("slow", Worth::Fixed(Points::new(5)))
    };
    let program = program(vec![slow], Vec::new());
    let at = |time: &str| Basket {
        ordered_at: time.parse().unwrap(),
        ..basket(&[100])
    };
    let mut usage = Usage::default();
    let noon = "2026-03-07T12:00:00Z".parse().unwrap();
    usage.awarded(RuleId::new("slow"), noon, Points::new(5));
    let points =
        |time| rated(&program, &at(time), &usage, &mut Budgets::default()).points(points_wallet());
    assert_eq!(points("2026-03-07T12:59:59Z"), Some(Points::ZERO));
    assert_eq!(points("2026-03-07T13:00:00Z"), Some(Points::new(5)));
    assert_eq!(
        points("2026-03-07T11:00:00Z"),
        Some(Points::new(5)),
        "a late purchase of before"
    );
}

#[test]
fn a_budget_is_spent_to_the_last_point_and_not_beyond() {
    let bounded = Campaign {
        budget: Some(Points::new(10)),
        ..campaign(vec![rule("gift", Worth::Fixed(Points::new(7)))])
    };
    let (program, mut budgets) = (program(Vec::new(), vec![bounded]), Budgets::default());
    let mut points = || {
        let rating = rated(&program, &basket(&[100]), &Usage::default(), &mut budgets);
        rating.points(points_wallet()).unwrap().get()
    };
    assert_eq!([points(), points(), points()], [7, 3, 0]);
}

#[test]
fn a_condition_without_a_value_awards_nothing_at_all_and_leaves_the_budgets() {
    let broken = EarningRule {
        condition: Some(Condition::new("broken")),
        ..rule("broken", per_unit(1, 1))
    };
    let first = Campaign {
        budget: Some(Points::new(10)),
        ..campaign(vec![rule("gift", Worth::Fixed(Points::new(7)))])
    };
    let (program, basket) = (program(vec![broken], vec![first]), basket(&[100]));
    let situation = Situation {
        subject: Subject::Basket(&basket),
        judge: &ByCategory(&basket),
        usage: &Usage::default(),
    };
    let mut budgets = Budgets::default();
    let error = rate(&program, &situation, &mut budgets).unwrap_err();
    assert!(
        matches!(error, RatingError::Condition { rule_id, .. } if rule_id.as_str() == "broken")
    );
    assert_eq!(budgets, Budgets::default());
}

proptest! {
    #[test]
    fn shares_add_up_and_none_is_a_whole_away_from_its_exact_share(
        total in 0..1_000_000_i64,
        weights in prop::collection::vec(0..1_000_000_i128, 1..20),
    ) {
        let parts = shares(total, &weights);
        prop_assert_eq!(parts.iter().sum::<i64>(), total);
        let sum: i128 = weights.iter().sum();
        if sum > 0 {
            for (part, weight) in parts.iter().zip(&weights) {
                let apart = i128::from(*part) * sum - i128::from(total) * weight;
                prop_assert!(apart.abs() < sum);
            }
        }
    }

    #[test]
    fn the_lines_of_an_award_add_up_and_only_lines_that_count_have_some(
        amounts in prop::collection::vec(0..100_000_i64, 1..12),
        numerator in 1..50_i64,
        denominator in 1..50_i64,
    ) {
        let mut base = rule("base", per_unit(numerator, denominator));
        base.trigger = Trigger::Order { lines: Some(Condition::new("b")) };
        let (program, basket) = (program(vec![base], Vec::new()), basket(&amounts));
        let rating = rated(&program, &basket, &Usage::default(), &mut Budgets::default());
        for award in &rating.awards {
            let sum: i64 = award.lines.iter().map(|share| share.get()).sum();
            prop_assert_eq!(sum, award.points.get());
            for (line, share) in basket.lines.iter().zip(&award.lines) {
                prop_assert!(line.category == "b" || *share == Points::ZERO);
            }
        }
    }
}
