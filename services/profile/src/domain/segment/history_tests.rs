//! Whatever is bought, given back, tagged and told, and however much time passes: who is decided on when
//! something happens and at the instants that decisions give belongs to a segment exactly when a naive
//! reading of all that ever happened says so.
//!
//! Here each of 250 conditions is decided on anew after every single event of a life of its own, and then for a year without
//! any; `crowd.rs` has each of 200 see all of 100,000 events over many people.

mod crowd;
mod naive;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::condition::{Condition, Verdict};
use super::vocabulary::Vocabulary;
use naive::{Condition as Naive, condition, event};
pub(crate) use naive::{Event, World, begin};

/// 250 conditions, each over 400 events of its own: 100,000 pairs of a condition and an event.
const CONDITIONS: u32 = 250;
const EVENTS: usize = 400;
/// The virtual clock ticks every seven hours: so ticks come at all hours of a day.
const TICK: SignedDuration = SignedDuration::from_hours(7);
const LEAST: SignedDuration = SignedDuration::from_micros(1);

/// The names that conditions have without any attributes.
pub(crate) fn words() -> Vocabulary {
    Vocabulary::of(&[])
}

/// A membership that is kept, and a world in which it is looked at again and again.
struct Kept {
    world: World,
    naive: Naive,
    condition: Condition,
    verdict: Verdict,
    now: Timestamp,
}

impl Kept {
    fn new(naive: Naive) -> Self {
        let condition = Condition::compile(&naive.to_string(), &words()).unwrap();
        let world = World::new();
        let now = begin();
        Self {
            verdict: condition.evaluate(world.facts(), now),
            world,
            naive,
            condition,
            now,
        }
    }

    fn is_right(&self, now: Timestamp) -> bool {
        self.verdict.is_member() == self.naive.holds(&self.world, now)
    }

    /// Lets time pass, deciding anew when the instant comes that the last decision gave.
    fn pass(&mut self, until: Timestamp) -> Result<(), TestCaseError> {
        while let Some(due) = self.verdict.next.filter(|due| *due <= until) {
            prop_assert!(due > self.now, "an instant that is over: {due}");
            let just_before = due - LEAST;
            prop_assert!(self.is_right(just_before), "late at {just_before}");
            self.decide(due)?;
        }
        self.now = until;
        prop_assert!(self.is_right(until), "wrong at {until}");
        Ok(())
    }

    fn decide(&mut self, now: Timestamp) -> Result<(), TestCaseError> {
        self.now = now;
        self.verdict = self.condition.evaluate(self.world.facts(), now);
        prop_assert!(self.verdict.holds.is_ok(), "{:?}", self.verdict.holds);
        prop_assert!(self.is_right(now), "wrong when decided at {now}");
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: CONDITIONS,
        max_shrink_iters: 5_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn memberships_that_follow_events_and_instants_equal_naive_ones_at_every_tick(
        condition in condition(),
        events in prop::collection::vec((0_i64..24 * 60, event()), EVENTS),
    ) {
        let mut kept = Kept::new(condition);
        let mut tick = kept.now + TICK;
        for (minutes, event) in events {
            let happens: Timestamp = kept.now + SignedDuration::from_mins(minutes);
            while tick <= happens {
                kept.pass(tick)?;
                tick += TICK;
            }
            kept.pass(happens)?;
            kept.world.apply(&event, happens);
            kept.decide(happens)?;
        }
        // And then nothing happens for more than a year.
        for _ in 0..60 {
            let later: Timestamp = kept.now + TICK * 24;
            kept.pass(later)?;
        }
    }
}

/// Looking ahead is what keeps people from being decided on each midnight.
#[test]
fn an_absence_is_decided_on_at_its_instant_and_not_before() {
    let mut world = World::new();
    let bought = begin();
    world.apply(
        &Event::Buy {
            late_hours: 0,
            channel: 0,
            category: 0,
            amount: 100,
            euro: true,
        },
        bought,
    );
    let condition = Condition::compile("orders.within_days(60).count == 0", &words()).unwrap();
    let verdict = condition.evaluate(world.facts(), bought);
    assert_eq!(verdict.holds, Ok(false));
    assert_eq!(
        verdict.next,
        Some(bought + SignedDuration::from_hours(60 * 24))
    );

    let anniversary =
        Condition::compile("orders.?days_since_first.orValue(0) == 10", &words()).unwrap();
    let verdict = anniversary.evaluate(world.facts(), bought);
    let zone = calendar::Zone::parse("Asia/Shanghai").unwrap();
    let tenth = zone
        .date_of(bought)
        .checked_add(jiff::Span::new().days(10))
        .unwrap();
    assert_eq!(verdict.next, Some(zone.start_of(tenth)));
}

#[test]
fn what_does_not_depend_on_time_is_not_looked_at_again() {
    let world = World::new();
    for condition in [
        "customer.brand == 'a'",
        "orders.count > 3",
        "orders.?usual_hour.orValue(0) == 9 || orders.?usual_channel.orValue('') == 'app'",
        "'vip' in customer.tags",
    ] {
        let condition = Condition::compile(condition, &words()).unwrap();
        assert_eq!(condition.evaluate(world.facts(), begin()).next, None);
    }
}

#[test]
fn who_has_more_orders_than_are_known_is_kept_out_by_name() {
    let mut world = World::new();
    let bought = begin();
    let buy = Event::Buy {
        late_hours: 0,
        channel: 0,
        category: 0,
        amount: 100,
        euro: true,
    };
    world.apply(&buy, bought);
    world.forget_before(bought - SignedDuration::from_hours(24));
    let all = Condition::compile("orders.in_category('tea').count >= 1", &words()).unwrap();
    let verdict = all.evaluate(world.facts(), bought);
    assert_eq!(
        verdict.holds,
        Err(super::condition::Undecided::TooManyOrders)
    );
    assert!(verdict.next.is_some(), "it is tried again");
    // A part that decides alone is enough, and so is a window of which all is known.
    let either = Condition::compile(
        "orders.count == 1 || orders.in_category('tea').count >= 1",
        &words(),
    );
    assert!(either.unwrap().evaluate(world.facts(), bought).is_member());
    let known = Condition::compile("orders.within_hours(24).count == 1", &words()).unwrap();
    assert!(known.evaluate(world.facts(), bought).is_member());
}

#[test]
fn conditions_are_told_what_is_wrong_with_them_and_where() {
    let wrong = [
        ("orders.within_days(90).cont >= 3", "1:24"),
        ("orders.days_since_last > 60", "may be missing"),
        ("orders.net('EURO') > 1", "an ISO 4217 currency code"),
        ("orders.within_days(4000).count > 1", "from 1 to 3660"),
        (
            "customer.tags.all(a, customer.tags.all(b, customer.tags.all(c, a + b == c)))",
            "steps",
        ),
        ("customer.display_name == 'Anna'", "no field `display_name`"),
        (
            "orders.within_days(90).within_days(30).count > 1",
            "no function `within_days`",
        ),
    ];
    for (source, text) in wrong {
        let told = Condition::compile(source, &words())
            .unwrap_err()
            .to_string();
        assert!(told.contains(text), "{source}: {told}");
    }
}

#[test]
fn the_conditions_of_the_guide_are_conditions() {
    let guide = include_str!("../../../../../docs/segments.md");
    let (_, table) = guide.split_once("| for | condition |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let written: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!(written.len(), 6);
    for condition in written {
        assert!(
            Condition::compile(condition, &words()).is_ok(),
            "{condition}"
        );
    }
}
