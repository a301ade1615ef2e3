//! Whatever a document holds: reading it does not fail but by telling problems, and one that is
//! sound can be used.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use rules::{Facts, Failure};

use super::{FULL, parsed, read};
use crate::domain::program::{Condition, Document, Goal, Trigger, Vocabulary};
use crate::program_file::{self, ProgramFile};

/// Texts that may take the place of the value of a line.
const VALUES: &[&str] = &[
    "",
    " 0",
    " -1",
    " 1000000000000",
    " true",
    " gold",
    " PERIOD_DAY",
    " \"member.segments.exists(s, s == 'x') || order.quantity / (order.line_count - 1) > 0\"",
    " \"member.days_since_last_order > 3\"",
    " \"activity.attributes['a'] == 'b'\"",
    " FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    " [a, b]",
    " {}",
];

#[derive(Clone, Debug)]
enum Edit {
    Drop(usize),
    Repeat(usize),
    Value(usize, usize),
    Number(usize, i64),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<usize>().prop_map(Edit::Drop),
        any::<usize>().prop_map(Edit::Repeat),
        (any::<usize>(), 0..VALUES.len()).prop_map(|(line, value)| Edit::Value(line, value)),
        (any::<usize>(), -2..100_000_i64).prop_map(|(line, number)| Edit::Number(line, number)),
    ]
}

fn edited(edits: &[Edit]) -> String {
    let mut lines: Vec<String> = FULL.lines().map(str::to_owned).collect();
    for edit in edits {
        let count = lines.len().max(1);
        match *edit {
            Edit::Drop(line) => drop(lines.remove(line % count)),
            Edit::Repeat(line) => lines.insert(line % count, lines[line % count].clone()),
            Edit::Value(line, value) => {
                let line = &mut lines[line % count];
                if let Some((name, _)) = line.clone().split_once(':') {
                    *line = format!("{name}:{}", VALUES[value]);
                }
            }
            Edit::Number(line, number) => {
                let line = &mut lines[line % count];
                let kept = line.trim_end_matches(|letter: char| letter.is_ascii_digit());
                if kept.len() < line.len() {
                    *line = format!("{kept}{number}");
                }
            }
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_refused_with_problems_or_can_be_used_and_written(
        edits in prop::collection::vec(edit(), 1..4),
    ) {
        let text = edited(&edits);
        match ProgramFile::read(&text) {
            Err(problems) => prop_assert!(!problems.is_empty()),
            Ok(file) => {
                let written = program_file::to_yaml(&file.document);
                prop_assert_eq!(&parsed(&written), &file.document);
                match read(&file.document) {
                    Err(problems) => prop_assert!(!problems.is_empty()),
                    Ok(document) => use_all_of(&document),
                }
            }
        }
    }
}

/// Evaluates whatever of a document can be evaluated.
fn use_all_of(document: &Document) {
    let now: Timestamp = "2026-03-29T00:30:00Z".parse().unwrap();
    let today = document.zone.date_of(now);
    for wallet in document.wallets() {
        if let Some(expiry) = &wallet.expiry {
            assert!(expiry.expires_at(now, &document.zone) > now);
        }
    }
    for ladder in &document.tier_ladders {
        ladder.window.of(today).days(today);
        for tier in &ladder.tiers {
            assert_eq!(ladder.reached_by(tier.threshold), Some(tier));
            let below = tier
                .falls_to
                .as_ref()
                .map(|below| ladder.tier(below.as_str()));
            let below = below.map(|below| below.expect("it falls to a tier that there is").0);
            assert!(below < ladder.tier(tier.tier_id.as_str()).map(|(height, _)| height));
        }
    }
    for campaign in &document.campaigns {
        let next = campaign
            .days
            .as_ref()
            .and_then(|days| days.next_after(today));
        assert!(next.is_none_or(|next| next > today));
    }
    conditions(document).into_iter().for_each(evaluate);
}

fn conditions(document: &Document) -> Vec<(&Condition, Vocabulary)> {
    let campaigns = document
        .campaigns
        .iter()
        .flat_map(|campaign| &campaign.rules);
    let mut found = Vec::new();
    for rule in document.earning_rules.iter().chain(campaigns) {
        let about = match &rule.trigger {
            Trigger::Order { lines } => {
                found.extend(lines.iter().map(|lines| (lines, Vocabulary::Line)));
                Vocabulary::Order
            }
            Trigger::Activity(_) => Vocabulary::Activity,
        };
        found.extend(rule.condition.iter().map(|condition| (condition, about)));
    }
    let coupons = document.coupon_templates.iter();
    let coupons = coupons.filter_map(|coupon| coupon.condition.as_ref());
    found.extend(coupons.map(|condition| (condition, Vocabulary::Order)));
    for challenge in &document.challenges {
        if let Goal::Counter { counted, .. } | Goal::Streak { counted, .. } = &challenge.goal {
            let about = match counted.activity_type {
                Some(_) => Vocabulary::Activity,
                None => Vocabulary::Order,
            };
            found.extend(counted.condition.iter().map(|condition| (condition, about)));
        }
    }
    found
}

/// A condition has a value, or a named error that depends on the facts: no error of names or types.
fn evaluate((condition, about): (&Condition, Vocabulary)) {
    let tiers = BTreeMap::from([("status".to_owned(), "gold")]);
    let attributes = BTreeMap::from([("order_id".to_owned(), "o-1")]);
    let (segments, text, number, flag) = (vec!["loyal"], "x", 1_i64, true);
    let member = Facts::new()
        .with("tenure_days", &number)
        .with("tiers", &tiers)
        .with("segments", &segments)
        .with("order_count", &number)
        .with("is_birthday", &flag)
        .with("is_birthday_month", &flag)
        .with("is_first_order", &flag);
    let order = ["order_id", "channel", "store", "currency"];
    let order = order
        .iter()
        .fold(Facts::new(), |facts, name| facts.with(name, &text));
    let numbers = ["total_minor", "line_count", "quantity"];
    let order = numbers
        .iter()
        .fold(order, |facts, name| facts.with(name, &number));
    let line = ["line_id", "product_id", "category"];
    let line = line
        .iter()
        .fold(Facts::new(), |facts, name| facts.with(name, &text));
    let line = line.with("quantity", &number).with("amount_minor", &number);
    let activity = Facts::new()
        .with("activity_type", &text)
        .with("channel", &text)
        .with("attributes", &attributes);
    let time = ["year", "month", "day", "day_of_week", "hour"];
    let time = time
        .iter()
        .fold(Facts::new(), |facts, name| facts.with(name, &number));
    let time = time.with("date", &text);
    let facts = Facts::new()
        .with("member", &member)
        .with("channel", &text)
        .with("store", &text)
        .with("time", &time);
    let facts = match about {
        Vocabulary::Order => facts.with("order", &order),
        Vocabulary::Line => facts.with("order", &order).with("line", &line),
        Vocabulary::Activity => facts.with("activity", &activity),
    };
    if let Err(error) = condition.holds(&facts) {
        assert!(depends_on_facts(&error.failure), "{condition:?}: {error}");
    }
}

/// Not one that a schema rules out.
fn depends_on_facts(failure: &Failure) -> bool {
    !matches!(
        failure,
        Failure::MissingFact { .. } | Failure::WrongFact { .. }
    )
}
