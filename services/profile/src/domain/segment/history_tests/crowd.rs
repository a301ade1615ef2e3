//! 200 rules over 100,000 events, of which every rule sees every one: 20,000,000 pairs of an event and a rule.
//!
//! The events come to 200 people, up to 249 at once, as files and tills send them. As in the service, whoever something
//! happened to is decided on afterwards, by all rules; and by a rule at the instants that its decisions give. At every tick of
//! a virtual clock each membership is compared with a naive reading of all that ever happened to the person: when something
//! has happened, at an instant in between that has nothing to do with it, at each instant at which time alone had
//! somebody decided on, and just before it. The rules and a person's life are drawn from a number alone.

use std::num::NonZero;
use std::thread;

use jiff::{SignedDuration, Timestamp};
use proptest::strategy::{Strategy, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::naive::{Condition as Naive, World, begin, condition, event};
use super::{LEAST, words};
use crate::domain::segment::condition::{Condition, Verdict};

const RULES: u64 = 200;
const PEOPLE: u64 = 200;
const EVENTS: usize = 500;
/// Most events at once.
const BURST: usize = 249;
/// Most minutes from a burst to the next: 10 days.
const PAUSE: i64 = 10 * 24 * 60;
/// After the last event time goes on for two months, so that all windows are left.
const QUIET_TICKS: usize = 2;
const QUIET: i64 = 30 * 24 * 60;

struct Rule {
    written: String,
    naive: Naive,
    condition: Condition,
}

/// How often something happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    people: u64,
    events: usize,
    compared: u64,
    changed_by_events: u64,
    changed_by_time: u64,
}

/// Somebody, as all rules decided.
struct Person<'r> {
    number: u64,
    rules: &'r [Rule],
    world: World,
    kept: Vec<Verdict>,
    now: Timestamp,
    seen: Seen,
}

fn runner(number: u64) -> TestRunner {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    TestRunner::new_with_rng(Config::default(), rng)
}

fn drawn<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

fn rule(number: u64) -> Rule {
    let naive = drawn(&mut runner(number), &condition());
    let written = naive.to_string();
    Rule {
        condition: Condition::compile(&written, &words()).unwrap(),
        written,
        naive,
    }
}

impl<'r> Person<'r> {
    fn new(number: u64, rules: &'r [Rule]) -> Self {
        let world = World::new();
        let kept = rules
            .iter()
            .map(|it| it.condition.evaluate(world.facts(), begin()));
        Self {
            number,
            rules,
            kept: kept.collect(),
            world,
            now: begin(),
            seen: Seen {
                people: 1,
                ..Seen::default()
            },
        }
    }

    /// Lives through all events; answers what was seen.
    fn live(mut self) -> Seen {
        let mut runner = runner(RULES + self.number);
        let (pause, event) = (0..=PAUSE, event());
        while self.seen.events < EVENTS {
            for _ in 0..2 {
                self.tick(drawn(&mut runner, &pause) / 2);
            }
            let most = BURST.min(EVENTS - self.seen.events);
            let length = drawn(&mut runner, &(1..=most));
            let events: Vec<_> = (0..length).map(|_| drawn(&mut runner, &event)).collect();
            self.world.apply_all(&events, self.now);
            self.seen.events += length;
            for nth in 0..self.rules.len() {
                let changed = self.decide(nth, self.now);
                self.seen.changed_by_events += u64::from(changed);
            }
        }
        for _ in 0..QUIET_TICKS {
            self.tick(QUIET);
        }
        self.seen
    }

    /// The clock ticks so many minutes later: rules decide anew at the instants that their last decisions gave.
    fn tick(&mut self, minutes: i64) {
        let until: Timestamp = self.now + SignedDuration::from_mins(minutes);
        for nth in 0..self.rules.len() {
            let mut decided = self.now;
            while let Some(due) = self.kept[nth].next.filter(|due| *due <= until) {
                assert!(due > decided, "an instant that is over: {due}");
                self.compare(nth, due - LEAST);
                let changed = self.decide(nth, due);
                self.seen.changed_by_time += u64::from(changed);
                decided = due;
            }
            self.compare(nth, until);
        }
        self.now = until;
    }

    /// Decides by a rule; answers whether it is another decision than before.
    fn decide(&mut self, nth: usize, now: Timestamp) -> bool {
        let verdict = self.rules[nth].condition.evaluate(self.world.facts(), now);
        let is_right = verdict.holds.is_ok();
        assert!(is_right, "{}: {verdict:?}", self.rules[nth].written);
        let changed = verdict.is_member() != self.kept[nth].is_member();
        self.kept[nth] = verdict;
        self.compare(nth, now);
        changed
    }

    fn compare(&mut self, nth: usize, now: Timestamp) {
        let rule = &self.rules[nth];
        self.seen.compared += 1;
        let is_member = self.kept[nth].is_member();
        assert_eq!(
            is_member,
            rule.naive.holds(&self.world, now),
            "person {} at {now}: {}",
            self.number,
            rule.written
        );
    }
}

impl Seen {
    fn and(self, other: Self) -> Self {
        Self {
            people: self.people + other.people,
            events: self.events + other.events,
            compared: self.compared + other.compared,
            changed_by_events: self.changed_by_events + other.changed_by_events,
            changed_by_time: self.changed_by_time + other.changed_by_time,
        }
    }
}

#[test]
fn memberships_of_everybody_in_all_rules_equal_naive_ones_at_every_tick() {
    let rules: Vec<_> = (0..RULES).map(rule).collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let part = |of: usize| {
        let mine = (0..PEOPLE).skip(of).step_by(threads);
        let lives = mine.map(|number| Person::new(number, &rules).live());
        lives.fold(Seen::default(), Seen::and)
    };
    let seen = thread::scope(|scope| {
        let part = &part;
        let parts: Vec<_> = (0..threads)
            .map(|of| scope.spawn(move || part(of)))
            .collect();
        let parts = parts.into_iter().map(|it| it.join().unwrap());
        parts.fold(Seen::default(), Seen::and)
    });
    println!("{seen:?}");
    assert_eq!((seen.people, seen.events), (PEOPLE, 100_000));
    assert!(seen.changed_by_events > 10_000 && seen.changed_by_time > 10_000);
}
