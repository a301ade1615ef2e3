//! One small edit each, and what is told of it.

use std::fmt::Write as _;

use super::{FULL, problems};

/// What is there, what takes its place, and the problems that follow.
const EDITS: &[(&str, &str, &[&str])] = &[
    (
        "Europe/London",
        "Europe/Lodon",
        &["time_zone: no time zone of the IANA database is called \"Europe/Lodon\""],
    ),
    (
        "displayName: Everything",
        "displayName: ''",
        &["display_name: must have at least 1 characters"],
    ),
    // Wallets.
    (
        "walletId: MILES\n    decimals",
        "walletId: POINTS\n    decimals",
        &[
            "earning_rules[2].wallet_id: there is no wallet \"MILES\"; there are: POINTS",
            "rewards[3].wallet_id: there is no wallet \"MILES\"; there are: POINTS",
            "wallets[1].wallet_id: \"POINTS\" is taken by item 0 of the list; ids are unique",
        ],
    ),
    (
        "decimals: 2",
        "decimals: 5",
        &["wallets[1].decimals: must be at most 4"],
    ),
    (
        "reminderDays: [7, 30]",
        "reminderDays: [7, 0]",
        &["wallets[0].expiry.reminder_days[1]: must be 1 to 3650, not 0"],
    ),
    (
        "MODE_LIMIT",
        "MODE_NONE",
        &["wallets[0].debt.limit: means something only with MODE_LIMIT; leave it out"],
    ),
    (
        "maximum: 5000,",
        "maximum: 50,",
        &["wallets[0].redemption.maximum: must be at least 100, which minimum asks for"],
    ),
    (
        "    value: {currencyCode: GBP, amountMinor: 1}\n",
        "",
        &["wallets[0].value_points: means something only with value; leave it out"],
    ),
    // Earning.
    (
        "  - ruleId: base\n    order: {}\n",
        "  - ruleId: base\n",
        &["earning_rules[0]: one of order, activity_type must be set"],
    ),
    (
        "    perCurrencyUnit: {numerator: 3, denominator: 2}\n",
        "",
        &[
            "earning_rules[0]: one of per_currency_unit, fixed_points, bonus_multiple, brackets must be set",
        ],
    ),
    (
        "numerator: 3, denominator",
        "denominator",
        &["earning_rules[0].per_currency_unit: awards nothing; its numerator must be at least 1"],
    ),
    (
        "line.category ==",
        "line.kategory ==",
        &[
            "earning_rules[1].order.line_condition: 1:6: line has no field `kategory`; did you mean `category`?",
        ],
    ),
    (
        "member.tenure_days > 30 &&",
        "member.tenure_days > 'x' && order.nothing == 1 &&",
        &[
            "earning_rules[1].condition: 1:1: int > string has no meaning; expected two of int, string, timestamp or duration, both the same",
            "earning_rules[1].condition: 1:35: order has no field `nothing`",
        ],
    ),
    (
        "time.day_of_week < 6",
        "order.total_minor < 6",
        &["earning_rules[2].condition: 1:1: there is no `order` here"],
    ),
    (
        "fromMinor: 1000",
        "fromMinor: 0",
        &[
            "earning_rules[1].brackets.brackets[1].from_minor: is 0, but the one before it is 0; they must ascend",
        ],
    ),
    (
        "{period: PERIOD_DAY, points: 100}",
        "{period: PERIOD_DAY}",
        &["earning_rules[1].caps[0]: limits nothing; set points or times"],
    ),
    (
        "period: PERIOD_MONTH, times: 3",
        "period: PERIOD_DAY, times: 3",
        &[
            "earning_rules[1].caps[1].period: there is another cap of this period; say both limits in one",
        ],
    ),
    (
        "    stackingGroup: lines\n",
        "",
        &[
            "earning_rules[1].stacking: means something only with stacking_group; set it, or leave this out",
        ],
    ),
    (
        "    fixedPoints: 5\n",
        "    fixedPoints: 5\n    stackingGroup: lines\n",
        &[
            "earning_rules[2].stacking: all rules of group \"lines\" must say the same, but earning_rules[1] says otherwise",
        ],
    ),
    (
        "    fixedPoints: 5\n",
        "    perCurrencyUnit: {numerator: 1}\n",
        &[
            "earning_rules[2].per_currency_unit: an act has no price: with activity_type use fixed_points or bonus_multiple",
        ],
    ),
    (
        "ruleId: spring-double",
        "ruleId: base",
        &[
            "campaigns[0].rules[0].rule_id: \"base\" is taken by earning_rules[0]; ids of earning rules are unique, also over campaigns",
        ],
    ),
    // Tiers.
    (
        "threshold: 5000, keep",
        "threshold: 500, keep",
        &[
            "tier_ladders[0].tiers[1].threshold: is 500, but the one before it is 1000; they must ascend",
            "tier_ladders[0].tiers[1].keep_threshold: must be at most the threshold, 500",
        ],
    ),
    (
        "fallsTo: silver}\n      - {tierId: diamond",
        "fallsTo: diamond}\n      - {tierId: diamond",
        &[
            "tier_ladders[0].tiers[1].falls_to: \"diamond\" is not lower; a tier must fall to a lower one",
        ],
    ),
    (
        "fallsTo: silver}\n      - {tierId: diamond, threshold: 9000, fallsTo: silver}",
        "fallsTo: diamond}\n      - {tierId: diamond, threshold: 9000, fallsTo: gold}",
        &[
            "tier_ladders[0].tiers[1].falls_to: falls in a circle: gold → diamond → gold; each tier must fall to a lower one",
        ],
    ),
    (
        "threshold: 9000, fallsTo: silver",
        "threshold: 9000, fallsTo: diamond",
        &[
            "tier_ladders[0].tiers[2].falls_to: falls in a circle: diamond → diamond; each tier must fall to a lower one",
        ],
    ),
    (
        "threshold: 9000, fallsTo: silver",
        "threshold: 9000, fallsTo: bronze",
        &[
            "tier_ladders[0].tiers[2].falls_to: there is no tier \"bronze\"; there are: silver, gold, diamond",
        ],
    ),
    (
        "    validityMonths: 12\n",
        "",
        &[
            "tier_ladders[0].validity_months: a ladder with downgrades needs validity_months or validity_round_up",
        ],
    ),
    (
        "    window: {rollingMonths: 12}\n",
        "",
        &["tier_ladders[0].window: is required"],
    ),
    (
        "calendar: PERIOD_YEAR",
        "calendar: PERIOD_DAY",
        &["tier_ladders[1].window.calendar: must be PERIOD_MONTH, PERIOD_QUARTER or PERIOD_YEAR"],
    ),
    (
        "calendar: PERIOD_YEAR",
        "lifetime: false",
        &["tier_ladders[1].window.lifetime: must be true, or left out"],
    ),
    (
        "    activityType: share\n",
        "",
        &["tier_ladders[1].activity_type: must match ^[a-z][a-z0-9_]{0,31}$"],
    ),
    (
        "METRIC_SPEND",
        "METRIC_VISITS",
        &["tier_ladders[0].currency_code: means something only with METRIC_SPEND; leave it out"],
    ),
    // Benefits, rewards, coupons.
    (
        "tierIds: [gold, diamond]",
        "tierIds: [gold, platinum]",
        &[
            "benefits[0].gates[0].tier_ids[1]: there is no tier \"platinum\"; there are: diamond, gold, silver",
        ],
    ),
    (
        "    discountBasisPoints: 500\n",
        "",
        &["benefits[0].discount_basis_points: is required"],
    ),
    (
        "endTime: 2026-03-01",
        "endTime: 2026-01-01",
        &["rewards[0].end_time: must be after start_time, 2026-02-01T00:00:00Z"],
    ),
    (
        "presaleStartTime: 2026-01-20",
        "presaleStartTime: 2026-02-20",
        &["rewards[0].presale_start_time: must be before start_time, which a presale needs"],
    ),
    (
        "    deduction: {currencyCode: GBP, amountMinor: 50}\n",
        "",
        &["rewards[1].deduction: is required"],
    ),
    (
        "amountMinor: 50}",
        "amountMinor: 0}",
        &["rewards[1].deduction.amount_minor: must be 1 to 9223372036854775807, not 0"],
    ),
    (
        "grant: {couponTemplateId: ten-off}",
        "grant: {couponTemplateId: nine-off}",
        &[
            "rewards[2].grant.coupon_template_id: there is no coupon template \"nine-off\"; there are: ten-off",
        ],
    ),
    (
        "grant: {couponTemplateId: ten-off}",
        "grant: {badgeId: x}",
        &["rewards[2].grant: must be coupon_template_id"],
    ),
    (
        "drawId: spring, count: 2",
        "drawId: autumn, count: 2",
        &["rewards[3].grant.tickets.draw_id: there is no draw \"autumn\"; there are: spring"],
    ),
    (
        "minimumBasket: {currencyCode: GBP",
        "minimumBasket: {currencyCode: EUR",
        &[
            "coupon_templates[0].maximum_off: is in GBP, but minimum_basket is in EUR; one currency is wanted",
        ],
    ),
    (
        "codeLength: 10",
        "codeLength: 4",
        &["coupon_templates[0].code_length: must be 8 to 32, not 4"],
    ),
    // Campaigns, packages.
    (
        "BYDAY=SA,SU",
        "BYDAY=SA,XX",
        &[
            "campaigns[0].recurrence: column 22: expected MO, TU, WE, TH, FR, SA or SU, found \"XX\"",
        ],
    ),
    (
        "channels: [app, shop]",
        "channels: [app, '']",
        &["campaigns[0].channels[1]: must have at least 1 characters"],
    ),
    (
        "- benefitId: discount\n  - packageId",
        "- benefitId: rebate\n  - packageId",
        &["packages[0].grants[1].benefit_id: there is no benefit \"rebate\"; there are: discount"],
    ),
    (
        "OCCASION_BIRTHDAY",
        "OCCASION_WELCOME",
        &[
            "packages[0].lead_days: means something only with OCCASION_BIRTHDAY and OCCASION_ANNIVERSARY; leave it out",
        ],
    ),
    (
        "    occasion: OCCASION_BIRTHDAY\n    leadDays: 7\n",
        "",
        &["packages[0].occasion: is required"],
    ),
    (
        "    gates:\n      - {ladderId: status, tierIds: [gold]}\n    grants:\n      - badgeId",
        "    grants:\n      - badgeId",
        &["packages[1].gates: is required"],
    ),
    // Growth.
    (
        "period: PERIOD_DAY, freezes",
        "period: PERIOD_YEAR, freezes",
        &["challenges[0].streak.period: must be PERIOD_DAY, PERIOD_WEEK or PERIOD_MONTH"],
    ),
    (
        "{count: 7,",
        "{count: 3,",
        &["challenges[0].milestones[1].count: is 3, but the one before it is 3; they must ascend"],
    ),
    (
        "rightChoice: 1",
        "rightChoice: 2",
        &["challenges[1].quiz.questions[0].right_choice: there are only 2 choices, counted from 0"],
    ),
    (
        "countMoney: true",
        "activityType: share, countMoney: true",
        &["challenges[2].counter.count_money: means something only with purchases; leave it out"],
    ),
    (
        "countMoney: true",
        "currencyCode: CNY",
        &[
            "challenges[2].counter.currency_code: means something only with count_money; leave it out",
        ],
    ),
    (
        "oddsPerMillion: 200000",
        "oddsPerMillion: 999901",
        &[
            "draws[0].prizes[1].odds_per_million: with it the odds of all prizes add up to 1000001 of 1,000,000",
        ],
    ),
    (
        "MODE_INSTANT",
        "MODE_AT_END",
        &[
            "draws[0].prizes[0].odds_per_million: means something only with MODE_INSTANT; leave it out",
            "draws[0].prizes[1].odds_per_million: means something only with MODE_INSTANT; leave it out",
            "draws[0].end_time: is required",
        ],
    ),
    (
        "referrals:\n  attributionDays",
        "  - {drawId: autumn, mode: MODE_AT_END, endTime: 2026-10-01T00:00:00Z, prizes: [{prizeId: mug, stock: 60000, grants: [{points: {points: 1}}]}, {prizeId: hat, stock: 40001, grants: [{points: {points: 1}}]}]}\nreferrals:\n  attributionDays",
        &[
            "draws[1].prizes[1].stock: with it the draw has 100001 winners; at the end at most 100000 are drawn together",
        ],
    ),
    (
        "prizeId: small",
        "prizeId: big",
        &["draws[0].prizes[1].prize_id: \"big\" is taken by item 0 of the list; ids are unique"],
    ),
    (
        "walletIds: [POINTS]",
        "walletIds: [GOLD]",
        &["households.wallet_ids[0]: there is no wallet \"GOLD\"; there are: MILES, POINTS"],
    ),
    (
        "  referrerGrants:\n    - points: {points: 50}\n  refereeGrants:\n    - couponTemplateId: ten-off\n",
        "",
        &["referrals: one of referrer_grants, referee_grants must be set"],
    ),
    (
        "decisionHours: 24",
        "decisionHours: 1000",
        &["adjustments.decision_hours: must be at most 720"],
    ),
];

#[test]
fn each_problem_is_told_with_its_path_and_what_would_be_right() {
    let mut wrong = String::new();
    for (there, instead, expected) in EDITS {
        assert_eq!(FULL.matches(there).count(), 1, "{there:?} is there once");
        let told = problems(&FULL.replace(there, instead));
        let mut sorted = told.clone();
        sorted.sort();
        let mut wanted = expected.to_vec();
        wanted.sort_unstable();
        if sorted != wanted {
            writeln!(wrong, "{there:?} → {instead:?}\n  told {told:#?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn all_problems_of_a_document_are_told_at_once() {
    let mut broken = FULL.to_owned();
    for (there, instead) in [
        ("Europe/London", "nowhere"),
        ("line.category ==", "line.kategory =="),
        ("codeLength: 10", "codeLength: 4"),
        ("decisionHours: 24", "decisionHours: 1000"),
    ] {
        broken = broken.replace(there, instead);
    }
    assert_eq!(problems(&broken).len(), 4, "{:?}", problems(&broken));
}
