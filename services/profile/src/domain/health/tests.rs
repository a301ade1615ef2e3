use calendar::Zone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::heard::{Answer, Case, CaseStep, Contact, Heard, Priority};
use super::policy::{Policy, days};
use super::*;
use crate::domain::customer::Details;
use crate::domain::habits::Habits;
use crate::domain::ids::{CustomerId, OrderId};
use crate::domain::money::Currency;
use crate::domain::order::{Order, OrderLine, RecordedOrder};
use crate::domain::refund::Returned;
use crate::domain::traits::Traits;

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn ago(hours: i64) -> Timestamp {
    now() - SignedDuration::from_hours(hours)
}

fn nobody() -> Facts {
    Facts {
        zone: Zone::parse("UTC").unwrap(),
        known_since: ago(24 * 1_000),
        details: Details::default(),
        tags: Vec::new(),
        attributes: std::collections::BTreeMap::new(),
        traits: Traits::default(),
        habits: Habits::default(),
        orders: Vec::new(),
        complete_since: Timestamp::MIN,
        heard: Heard::default(),
        health: None,
        health_until: None,
    }
}

/// Bought so many hours ago, for so much, of which so much was paid back.
fn bought(orders: &[(i64, i64, i64)]) -> Facts {
    let mut facts = nobody();
    for (nth, (hours, total, refund)) in orders.iter().enumerate() {
        let line = OrderLine {
            line_id: "1".to_owned(),
            product_id: "p".to_owned(),
            product_name: String::new(),
            category: String::new(),
            quantity: 1,
            amount: *total,
        };
        let order = Order {
            id: OrderId(nth.to_string()),
            channel: "app".to_owned(),
            store_id: String::new(),
            time: ago(*hours),
            currency: Currency::EURO,
            total: *total,
            lines: vec![line],
        };
        facts.traits.add_order(&order).unwrap();
        facts.orders.push(RecordedOrder {
            customer: CustomerId(Uuid::nil()),
            entry_id: Uuid::nil(),
            record_time: ago(0),
            order,
            returned: vec![Returned {
                quantity: 0,
                refund: *refund,
            }],
        });
    }
    facts
        .orders
        .sort_by_key(|it| std::cmp::Reverse(it.order.time));
    facts
}

fn contact(hours: i64, kind: Kind) -> Contact {
    Contact {
        time: ago(hours),
        entry: Uuid::from_u128(u128::from(hours.unsigned_abs())),
        kind,
    }
}

fn case(hours: i64, priority: Priority, is_open: bool) -> Case {
    Case {
        priority,
        opened: ago(hours),
        is_open,
        revision: 1,
    }
}

fn answer(hours: i64, score: i16) -> Answer {
    Answer {
        time: ago(hours),
        response: Uuid::nil(),
        score,
    }
}

/// The measure of each part; `None` for one that is left out.
fn measures(facts: &Facts) -> Vec<Option<i64>> {
    let health = Policy::proposed().judge(facts, now());
    health.parts.iter().map(|it| it.measure).collect()
}

#[test]
fn of_whom_nothing_is_known_there_is_no_index() {
    let health = Policy::proposed().judge(&nobody(), now());
    assert_eq!((health.score, health.next), (None, None));
    assert_eq!(measures(&nobody()), [None, None, None, Some(0), Some(0)]);
}

#[test]
fn recency_is_measured_by_the_customers_own_gap_once_there_is_one() {
    // Every ten days; the last order 15 days ago.
    let regular = bought(&[(24 * 35, 100, 0), (24 * 25, 100, 0), (24 * 15, 100, 0)]);
    assert_eq!(measures(&regular)[0], Some(1_500));
    // Two are no habit: 15 of 60 days.
    let new = bought(&[(24 * 25, 100, 0), (24 * 15, 100, 0)]);
    assert_eq!(measures(&new)[0], Some(250));
    // Three of one day are a week.
    let hasty = bought(&[
        (24 * 14, 100, 0),
        (24 * 14 + 1, 100, 0),
        (24 * 14 + 2, 100, 0),
    ]);
    assert_eq!(measures(&hasty)[0], Some(2_000));
}

#[test]
fn spending_is_measured_against_what_it_was_before_without_what_was_paid_back() {
    let halved = bought(&[(24 * 10, 600, 100), (24 * 100, 1_000, 0)]);
    assert_eq!(measures(&halved)[1], Some(500));
    let began = bought(&[(24 * 10, 600, 0)]);
    assert_eq!(measures(&began)[1], Some(1_000_000));
    let stopped = bought(&[(24 * 100, 600, 0)]);
    assert_eq!(measures(&stopped)[1], Some(0));
    let long_gone = bought(&[(24 * 181, 600, 0)]);
    assert_eq!(measures(&long_gone)[1], None);
}

#[test]
fn complaints_count_while_they_are_open_and_for_a_time() {
    let mut facts = nobody();
    facts.heard.cases = vec![
        case(24 * 400, Priority::High, true),
        case(24 * 89, Priority::Low, false),
        case(24 * 90, Priority::Urgent, false),
    ];
    // 2 × 4 and 1.
    assert_eq!(measures(&facts)[3], Some(9));
}

#[test]
fn an_index_is_the_mean_of_the_parts_that_there_are_by_their_weights() {
    let mut facts = bought(&[(24 * 10, 600, 100), (24 * 100, 1_000, 0)]);
    facts.heard.answer = Some(answer(24 * 366, 2));
    facts.heard.contacts = vec![contact(1, Kind::Visit)];
    let health = Policy::proposed().judge(&facts, now());
    let parts: Vec<_> = health
        .parts
        .iter()
        .map(|it| (it.points, it.share))
        .collect();
    // 300, 200, 200 and 100 of 800; nobody knows what a year ago would be said today.
    assert_eq!(
        parts,
        [(1_000, 375), (500, 250), (0, 0), (1_000, 250), (700, 125)]
    );
    let score = health.score.unwrap();
    // (300 × 1000 + 200 × 500 + 200 × 1000 + 100 × 700) / 800 = 837.5 of a thousand.
    assert_eq!((score.index, score.band), (84, Band::Thriving));
}

#[test]
fn what_is_heard_of_a_person_is_what_is_heard_under_all_ids() {
    let (old, new) = (answer(9, 3), answer(1, 8));
    let one = Heard {
        answer: Some(old),
        cases: vec![case(1, Priority::Low, true)],
        contacts: vec![contact(5, Kind::Call), contact(7, Kind::Call)],
    };
    let other = Heard {
        answer: Some(new),
        cases: Vec::new(),
        contacts: (0..300).map(|nth| contact(nth * 2, Kind::Visit)).collect(),
    };
    let all = Heard::of_all([one.clone(), other.clone()]);
    assert_eq!(all, Heard::of_all([other, one]));
    assert_eq!(
        (all.answer, all.cases.len(), all.contacts.len()),
        (Some(new), 1, 200)
    );
    assert_eq!(all.contacts[3].kind, Kind::Call);
}

#[test]
fn a_case_is_what_was_announced_of_it_last() {
    let opened = CaseStep::Opened(Priority::High, ago(5));
    let case = Case::after(None, opened, 1).unwrap();
    let ended = Case::after(Some(case), CaseStep::Ended, 3).unwrap();
    assert!(case.is_open && !ended.is_open);
    assert_eq!(Case::after(Some(ended), CaseStep::Reopened, 2), Some(ended));
    assert_eq!(Case::after(Some(ended), opened, 1), Some(ended), "again");
    assert!(
        Case::after(Some(ended), CaseStep::Reopened, 4)
            .unwrap()
            .is_open
    );
    assert_eq!(Case::after(None, CaseStep::Ended, 2), None, "no complaint");
}

#[test]
fn a_policy_that_contradicts_itself_is_refused_where_it_does() {
    type Change = fn(&mut Policy);
    let cases: [(Change, &str); 5] = [
        (|it| it.nps.scale.steps[0].0 = 1, "nps.steps[0].from"),
        (
            |it| it.recency.scale.steps[2].0 = 1_001,
            "recency.steps[2].from",
        ),
        (|it| it.bands.steady = 80, "bands.steady_from"),
        (|it| it.bands.at_risk = 61, "bands.at_risk_from"),
        (
            |it| {
                it.recency.scale.weight = 0;
                it.trend.scale.weight = 0;
                it.nps.scale.weight = 0;
                it.complaints.scale.weight = 0;
                it.engagement.scale.weight = 0;
            },
            "recency.weight",
        ),
    ];
    assert_eq!(Policy::proposed().check(), Ok(()));
    for (change, field) in cases {
        let mut policy = Policy::proposed();
        change(&mut policy);
        assert_eq!(policy.check().unwrap_err().field, field);
    }
}

fn people() -> impl Strategy<Value = Facts> {
    let hours = || 0_i64..24 * 400;
    let orders = prop::collection::vec((hours(), 1_i64..500, 0_i64..2), 0..12);
    let answers = prop::option::of((hours(), 0_i16..11));
    let priority = prop::sample::select(vec![Priority::Low, Priority::Normal, Priority::Urgent]);
    let cases = prop::collection::vec((hours(), priority, any::<bool>()), 0..4);
    let kind = prop::sample::select(vec![Kind::Visit, Kind::PageView, Kind::CampaignTouch]);
    let contacts = prop::collection::vec((hours(), kind), 0..40);
    (orders, answers, cases, contacts).prop_map(|(orders, answered, cases, contacts)| {
        let mut facts = bought(&orders);
        facts.heard.answer = answered.map(|(hours, score)| answer(hours, score));
        let cases = cases
            .into_iter()
            .map(|(hours, of, is_open)| case(hours, of, is_open));
        facts.heard.cases = cases.collect();
        let contacts = contacts
            .into_iter()
            .map(|(hours, kind)| contact(hours, kind));
        facts.heard.contacts = contacts.collect();
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// Who is looked at only when it is due knows what looking every hour would tell.
    #[test]
    fn until_the_next_instant_time_changes_nothing(facts in people()) {
        let policy = Policy::proposed();
        let mut known = policy.judge(&facts, now());
        for hour in 1..24 * 200 {
            let at = now() + SignedDuration::from_hours(hour);
            if known.next.is_some_and(|next| next <= at) {
                known = policy.judge(&facts, at);
            } else {
                prop_assert_eq!(known.score, policy.judge(&facts, at).score, "at {}", at);
            }
        }
    }

    #[test]
    fn an_index_is_within_its_bounds_and_shares_are_those_of_a_whole(facts in people()) {
        let health = Policy::proposed().judge(&facts, now());
        let shares: i64 = health.parts.iter().map(|it| it.share).sum();
        prop_assert!((996..=1_000).contains(&shares), "{}", shares);
        if let Some(score) = health.score {
            prop_assert!((0..=100).contains(&score.index));
        }
        prop_assert!(health.next.is_none_or(|next| next > now()));
    }
}

#[test]
fn windows_end_on_the_instant() {
    let mut facts = nobody();
    facts.heard.answer = Some(answer(0, 9));
    let policy = Policy::proposed();
    let health = policy.judge(&facts, now());
    let end = now() + days(365);
    assert_eq!((health.score.unwrap().index, health.next), (80, Some(end)));
    assert_eq!(policy.judge(&facts, end).score, None);
}
