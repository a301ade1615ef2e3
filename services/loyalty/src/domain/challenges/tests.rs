use std::collections::{BTreeMap, BTreeSet};

use calendar::{Period, Zone};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::program::{
    ActivityType, BadgeId, Challenge, ChallengeId, Counted, Goal, Grant, Measure, Milestone,
    Question, QuestionId, TimeWindow,
};
use crate::domain::{Act, Currency, SaleChange, SaleFigures};

const DAYS: i64 = 70;

fn counted() -> Counted {
    Counted {
        activity_type: None,
        condition: None,
    }
}

fn challenge(goal: Goal, repeat: Period) -> Challenge {
    let milestone = |count| Milestone {
        count,
        grants: vec![Grant::Badge(BadgeId::new("regular"))],
    };
    Challenge {
        challenge_id: ChallengeId::new("regular"),
        display_name: String::new(),
        goal,
        window: TimeWindow::default(),
        gates: Vec::new(),
        milestones: vec![milestone(2), milestone(5)],
        repeat,
    }
}

fn counter(measure: Measure) -> Goal {
    Goal::Counter {
        counted: counted(),
        measure,
    }
}

fn money(currency: Option<&str>) -> Measure {
    let currency = currency.map(|code| Currency::parse(code).unwrap());
    Measure::Money { currency }
}

fn streak(period: Period, freezes: u8) -> Goal {
    Goal::Streak {
        counted: counted(),
        period,
        freezes,
    }
}

fn zone() -> Zone {
    Zone::parse("Asia/Shanghai").unwrap()
}

fn first() -> Timestamp {
    "2026-01-15T03:00:00Z".parse().unwrap()
}

fn sale(order: u8, day: i64, net_minor: i64) -> SaleChange {
    SaleChange {
        customer_id: Uuid::nil(),
        order_id: format!("o-{order}"),
        ordered_at: first() + SignedDuration::from_hours(24 * day),
        channel: String::new(),
        store: String::new(),
        currency: Currency::parse("CNY").unwrap(),
        before: SaleFigures::NONE,
        after: SaleFigures {
            net_minor,
            counts: net_minor > 0,
            points: 0,
        },
    }
}

fn figures(days: &[(Date, i64)]) -> Vec<DayFigures> {
    let figures = days.iter().map(|(day, times)| DayFigures {
        day: *day,
        times: *times,
        money: 0,
    });
    figures.collect()
}

/// What the store does: one row for each fact, replaced by what comes later; then sums by day.
#[derive(Default)]
struct Rows(BTreeMap<String, Fact>);

impl Rows {
    fn take(&mut self, challenge: &Challenge, sale: &SaleChange) {
        if let Some(fact) = of_sale(challenge, sale, &zone()) {
            self.0.insert(fact.fact_id.clone(), fact);
        }
    }

    fn days(&self, cycle: &str) -> Vec<DayFigures> {
        let mut days = BTreeMap::new();
        let facts = self.0.values();
        for fact in facts.filter(|fact| fact.cycle.to_string() == cycle) {
            let sums = days.entry(fact.day).or_insert((0, 0));
            sums.0 += fact.times;
            sums.1 += fact.money;
        }
        let figures =
            days.into_iter()
                .map(|(day, (times, money))| DayFigures { day, times, money });
        figures.collect()
    }

    fn cycles(&self) -> BTreeSet<String> {
        let facts = self.0.values();
        facts.map(|fact| fact.cycle.to_string()).collect()
    }
}

/// Progress by its definition: from the purchases that are left in the end, with every stretch of
/// days tried for a row.
fn naive(goal: &Goal, left: &BTreeMap<u8, (i64, i64)>, cycle: &str, repeat: Period) -> i64 {
    let bought: Vec<(Date, i64)> = left
        .values()
        .filter(|(_, net)| *net > 0)
        .map(|(day, net)| {
            let at = first() + SignedDuration::from_hours(24 * day);
            (zone().date_of(at), *net)
        })
        .filter(|(day, _)| repeat.bucket(*day).to_string() == cycle)
        .collect();
    match goal {
        Goal::Counter {
            measure: Measure::Money { .. },
            ..
        } => bought.iter().map(|(_, net)| net).sum(),
        Goal::Counter { .. } => i64::try_from(bought.len()).unwrap(),
        Goal::Streak { freezes, .. } => {
            let days: BTreeSet<Date> = bought.iter().map(|(day, _)| *day).collect();
            naive_row(&days, *freezes)
        }
        Goal::Quiz { .. } => 0,
    }
}

fn naive_row(days: &BTreeSet<Date>, freezes: u8) -> i64 {
    let mut longest = 0;
    for start in days {
        let (mut missed, mut periods, mut day) = (0, 0, *start);
        while missed <= freezes && periods + i64::from(missed) <= DAYS {
            if days.contains(&day) {
                periods += 1;
                longest = longest.max(periods);
            } else {
                missed += 1;
            }
            day = day.tomorrow().unwrap();
        }
    }
    longest
}

#[derive(Clone, Debug)]
struct Step {
    order: u8,
    /// 0: all was returned.
    left: i64,
}

fn goals() -> impl Strategy<Value = Goal> {
    prop_oneof![
        Just(counter(Measure::Times)),
        Just(counter(money(None))),
        Just(counter(money(Some("CNY")))),
        (0_u8..4).prop_map(|freezes| streak(Period::Day, freezes)),
    ]
}

proptest! {
    #[test]
    fn progress_is_that_of_the_right_order_however_purchases_and_returns_come_in(
        goal in goals(),
        monthly: bool,
        days in prop::collection::vec(0..DAYS, 24),
        steps in prop::collection::vec(
            (0_u8..24, 0_i64..4).prop_map(|(order, left)| Step { order, left }), 0..60),
    ) {
        let repeat = if monthly { Period::Month } else { Period::Lifetime };
        let challenge = challenge(goal, repeat);
        let (mut rows, mut left) = (Rows::default(), BTreeMap::new());
        let mut held: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for step in steps {
            let day = days[usize::from(step.order)];
            let change = sale(step.order, day, step.left * 100);
            rows.take(&challenge, &change);
            // The same news again changes nothing.
            rows.take(&challenge, &change);
            left.insert(step.order, (day, step.left * 100));
            for cycle in rows.cycles() {
                let due = naive(&challenge.goal, &left, &cycle, repeat);
                let reached = progress(&challenge.goal, &rows.days(&cycle));
                prop_assert_eq!(reached, due, "{} in {}", challenge.challenge_id, cycle);

                let held = held.entry(cycle).or_default();
                for turn in milestones(&challenge.milestones, held, reached) {
                    match turn {
                        Turn::Reached(milestone) => prop_assert!(held.insert(milestone.count)),
                        Turn::Lost(count) => prop_assert!(held.remove(&count)),
                    }
                }
                let counts = challenge.milestones.iter().map(|milestone| milestone.count);
                let due: BTreeSet<i64> = counts.filter(|count| *count <= due).collect();
                prop_assert_eq!(&*held, &due);
            }
        }
    }

    #[test]
    fn one_purchase_more_never_makes_a_row_shorter(
        days in prop::collection::btree_set(1_i8..=28, 0..28), more in 1_i8..=28, freezes in 0_u8..5,
    ) {
        let goal = streak(Period::Day, freezes);
        let row = |days: &BTreeSet<i8>| {
            let days: Vec<_> = days.iter().map(|day| (date(2026, 2, *day), 1)).collect();
            progress(&goal, &figures(&days))
        };
        let mut after = days.clone();
        after.insert(more);
        prop_assert!(row(&after) >= row(&days));
    }
}

#[test]
fn weeks_and_months_in_a_row_are_neighbours_over_the_end_of_a_year() {
    let days = figures(&[
        (date(2025, 12, 28), 1),
        (date(2025, 12, 29), 1),
        (date(2026, 1, 4), 1),
        (date(2026, 1, 5), 1),
    ]);
    assert_eq!(progress(&streak(Period::Week, 0), &days), 3);
    assert_eq!(progress(&streak(Period::Month, 0), &days), 2);
    assert_eq!(progress(&streak(Period::Day, 0), &days), 2);
}

#[test]
fn a_row_goes_on_until_a_whole_period_more_than_the_freezes_was_missed() {
    let days = figures(&[
        (date(2026, 3, 1), 2),
        (date(2026, 3, 2), 1),
        (date(2026, 3, 4), 1),
    ]);
    let on = |freezes, today| current_streak(&streak(Period::Day, freezes), &days, today);
    assert_eq!(on(0, date(2026, 3, 4)), 1);
    assert_eq!(on(1, date(2026, 3, 4)), 3);
    // Today can still be saved; yesterday was missed.
    assert_eq!(on(0, date(2026, 3, 5)), 1);
    assert_eq!(on(0, date(2026, 3, 6)), 0);
    assert_eq!(on(1, date(2026, 3, 6)), 1);
    assert_eq!(on(2, date(2026, 3, 6)), 3);
    assert_eq!(
        current_streak(&counter(Measure::Times), &days, date(2026, 3, 4)),
        0
    );
}

#[test]
fn a_challenge_looks_only_at_what_happens_while_it_runs_and_at_acts_of_its_type() {
    let mut of_purchases = challenge(counter(Measure::Times), Period::Lifetime);
    of_purchases.window.end = Some(first() + SignedDuration::from_hours(24));
    assert!(of_sale(&of_purchases, &sale(1, 0, 100), &zone()).is_some());
    assert!(of_sale(&of_purchases, &sale(1, 1, 100), &zone()).is_none());

    let act = Act {
        customer_id: Uuid::nil(),
        activity_id: "a-1".to_owned(),
        activity_type: "share".to_owned(),
        occurred_at: first(),
        channel: String::new(),
        attributes: BTreeMap::new(),
    };
    assert!(of_act(&of_purchases, &act, &zone()).is_none());
    let shares = Counted {
        activity_type: Some(ActivityType::new("share")),
        condition: None,
    };
    let of_shares = Goal::Counter {
        counted: shares,
        measure: Measure::Times,
    };
    let of_shares = challenge(of_shares, Period::Month);
    let fact = of_act(&of_shares, &act, &zone()).unwrap();
    assert_eq!(
        (fact.times, fact.cycle.to_string()),
        (1, "2026-01".to_owned())
    );
    assert!(of_sale(&of_shares, &sale(1, 0, 100), &zone()).is_none());
}

#[test]
fn a_quiz_wants_one_answer_to_each_question() {
    let question = |id: &str, right_choice| Question {
        question_id: QuestionId::new(id),
        text: String::new(),
        choices: vec!["a".to_owned(), "b".to_owned()],
        right_choice,
    };
    let questions = [question("one", 0), question("two", 1)];
    let answer = |id: &str, choice| Answer {
        question_id: id.to_owned(),
        choice,
    };
    let judged = |answers: &[Answer]| judge(&questions, answers);
    assert_eq!(judged(&[answer("two", 1), answer("one", 0)]), Ok(2));
    assert_eq!(judged(&[answer("two", 0), answer("one", 0)]), Ok(1));
    let id = |id: &str| id.to_owned();
    assert_eq!(
        judged(&[answer("one", 0)]),
        Err(AnswersError::Missing {
            question_id: id("two")
        })
    );
    assert_eq!(
        judged(&[answer("one", 0), answer("one", 0)]),
        Err(AnswersError::Twice {
            question_id: id("one")
        })
    );
    assert_eq!(
        judged(&[answer("one", 0), answer("two", 0), answer("six", 0)]),
        Err(AnswersError::Unknown {
            question_id: id("six")
        })
    );
    assert_eq!(
        judged(&[answer("one", 2), answer("two", 0)]),
        Err(AnswersError::NoSuchChoice {
            question_id: id("one"),
            choice: 2
        })
    );
}

#[test]
fn money_is_counted_in_one_currency_or_in_major_units_of_each_and_never_added_up_across_them() {
    let yen = SaleChange {
        currency: Currency::parse("JPY").unwrap(),
        ..sale(1, 0, 300)
    };
    let yuan = sale(2, 0, 300);
    let counted = |currency, sale: &SaleChange| {
        let challenge = challenge(counter(money(currency)), Period::Lifetime);
        of_sale(&challenge, sale, &zone()).unwrap().money
    };
    assert_eq!([counted(None, &yen), counted(None, &yuan)], [30_000, 300]);
    assert_eq!(
        [counted(Some("CNY"), &yen), counted(Some("CNY"), &yuan)],
        [0, 300]
    );
    assert_eq!(
        [counted(Some("JPY"), &yen), counted(Some("JPY"), &yuan)],
        [300, 0]
    );
}
