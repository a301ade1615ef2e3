//! The decision: strict caps, priorities, and a next instant that keeps its promise.

use std::collections::BTreeMap;

use calendar::{Unit, Zone};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::caps::{Cap, CapId, Window};
use super::consent::{Kind, Said, Statement};
use super::decide::{Decision, Obstacle, Question, Reason};
use super::ledger::Held;
use super::policy::{Policy, Priority};
use super::topic::{Channel, ContactId, Purpose, StatementId, Topic};
use crate::domain::ids::CustomerId;

const ANNA: CustomerId = CustomerId(Uuid::from_u128(1));

fn zone() -> Zone {
    Zone::parse("Europe/London").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn topic(purpose: &str, channel: &str) -> Topic {
    Topic {
        purpose: Purpose(purpose.to_owned()),
        channel: Channel(channel.to_owned()),
    }
}

/// Agreed to everything, the last until then.
fn agreed(until: Option<Timestamp>) -> Said {
    let policy = Policy::initial(zone());
    let statement = |(nth, topic)| Statement {
        id: StatementId(Uuid::from_u128(nth)),
        home: ANNA,
        covers: vec![ANNA],
        topic,
        kind: Kind::Granted,
        decided: Timestamp::UNIX_EPOCH,
        until,
        proved_by: None,
        notice: "1".to_owned(),
        source: "web".to_owned(),
    };
    Said {
        ids: vec![ANNA],
        statements: (0..).zip(policy.consent_topics()).map(statement).collect(),
    }
}

fn decide(policy: &Policy, said: &Said, held: &[Held], topic: &Topic, now: Timestamp) -> Decision {
    let rule = policy.rule(topic).unwrap();
    let zone = &zone();
    Question {
        policy,
        rule,
        topic,
        zone,
        said,
        held,
    }
    .decide(now)
}

fn held(nth: u128, topic: Topic, at: Timestamp, reserved_until: Option<Timestamp>) -> Held {
    let policy = Policy::initial(zone());
    let priority = policy.rule(&topic).unwrap().priority;
    Held {
        id: ContactId(Uuid::from_u128(nth)),
        topic,
        priority,
        at,
        reserved_until,
    }
}

#[test]
fn all_that_is_in_the_way_is_told_with_its_end_and_the_instant_when_nothing_is() {
    let policy = Policy::initial(zone());
    // A quarter past nine in the evening; one message today, in British summer time.
    let now = at("2026-07-03T20:15:00Z");
    let sms = topic("marketing", "sms");
    let sent = held(
        1,
        topic("marketing", "email"),
        at("2026-07-03T08:00:00Z"),
        None,
    );
    let morning = at("2026-07-04T07:00:00Z");
    let quiet = Obstacle {
        reason: Reason::QuietHours,
        ends: Some(morning),
    };
    let cap = Obstacle {
        reason: Reason::CapReached(CapId("marketing-day".to_owned())),
        ends: Some(at("2026-07-03T23:00:00Z")),
    };
    let refused = decide(
        &policy,
        &agreed(None),
        std::slice::from_ref(&sent),
        &sms,
        now,
    );
    let expected = Decision::Refused {
        obstacles: vec![quiet.clone(), cap.clone()],
        next: Some(morning),
    };
    assert_eq!(refused, expected);
    // A consent that ends in the night leaves no such instant.
    let ends = Some(at("2026-07-04T01:00:00Z"));
    let refused = decide(
        &policy,
        &agreed(ends),
        std::slice::from_ref(&sent),
        &sms,
        now,
    );
    let expected = Decision::Refused {
        obstacles: vec![quiet.clone(), cap.clone()],
        next: None,
    };
    assert_eq!(refused, expected);
    let nothing = Said {
        ids: vec![ANNA],
        statements: vec![],
    };
    let unasked = Obstacle {
        reason: Reason::NotAsked,
        ends: None,
    };
    let refused = decide(&policy, &nothing, &[sent], &sms, now);
    let expected = Decision::Refused {
        obstacles: vec![unasked, quiet, cap],
        next: None,
    };
    assert_eq!(refused, expected);
}

#[test]
fn service_messages_pass_quiet_hours_and_caps_and_ask_for_no_consent() {
    let mut policy = Policy::initial(zone());
    policy.caps[0].purposes.clear();
    let midnight = at("2026-07-03T23:30:00Z");
    let service = topic("service", "sms");
    let full: Vec<Held> = (0..5)
        .map(|nth| held(nth, service.clone(), midnight, None))
        .collect();
    let allowed = decide(&policy, &Said::default(), &full, &service, midnight);
    assert_eq!(allowed, Decision::Allowed { displaced: vec![] });
    // But they count for a cap over everything.
    let morning = at("2026-07-04T09:00:00Z");
    let refused = decide(
        &policy,
        &agreed(None),
        &full,
        &topic("marketing", "post"),
        morning,
    );
    assert!(matches!(refused, Decision::Refused { .. }));
}

#[test]
fn a_higher_priority_takes_the_place_of_what_is_not_confirmed_and_never_the_other_way_round() {
    let mut policy = Policy::initial(zone());
    policy.caps.remove(0);
    let now = at("2026-07-03T12:00:00Z");
    let until = Some(now + SignedDuration::from_mins(5));
    let (campaign, survey) = (topic("marketing", "post"), topic("survey", "post"));
    let earlier = |minutes| now - SignedDuration::from_mins(minutes);
    let full = [
        held(1, campaign.clone(), earlier(3), None),
        held(2, campaign.clone(), earlier(2), until),
        held(3, campaign.clone(), earlier(1), until),
    ];
    let decision = decide(&policy, &agreed(None), &full, &survey, now);
    let displaced = vec![ContactId(Uuid::from_u128(3))];
    assert_eq!(decision, Decision::Allowed { displaced });
    let surveys: Vec<Held> = (1..=3)
        .map(|nth| held(nth, survey.clone(), now, until))
        .collect();
    for lower_or_equal in [&campaign, &survey] {
        let decision = decide(&policy, &agreed(None), &surveys, lower_or_equal, now);
        let Decision::Refused { obstacles, next } = decision else {
            panic!("there is no room");
        };
        // Reservations that nobody confirms leave again.
        assert_eq!((obstacles.len(), next), (1, until));
    }
}

fn window() -> impl Strategy<Value = Window> {
    prop_oneof![
        Just(Window::Calendar(Unit::Day)),
        Just(Window::Calendar(Unit::Week)),
        Just(Window::Calendar(Unit::Month)),
        (1_u16..200).prop_map(|hours| Window::Rolling { hours }),
    ]
}

fn some_topic() -> impl Strategy<Value = Topic> {
    let purposes = prop_oneof![Just("marketing"), Just("survey"), Just("complaint")];
    (purposes, prop_oneof![Just("sms"), Just("email")])
        .prop_map(|(purpose, channel)| topic(purpose, channel))
}

fn some_caps() -> impl Strategy<Value = Vec<Cap>> {
    let names = |names: &'static [&'static str]| proptest::sample::subsequence(names, 0..=2);
    let cap = (
        1_usize..4,
        window(),
        names(&["sms", "email"]),
        names(&["marketing", "survey", "complaint"]),
    );
    let cap = cap.prop_map(|(limit, window, channels, purposes)| Cap {
        id: CapId(String::new()),
        channels: channels
            .into_iter()
            .map(|it| Channel(it.to_owned()))
            .collect(),
        purposes: purposes
            .into_iter()
            .map(|it| Purpose(it.to_owned()))
            .collect(),
        limit,
        window,
    });
    proptest::collection::vec(cap, 1..4)
}

fn policy_with(caps: Vec<Cap>) -> Policy {
    let mut policy = Policy::initial(zone());
    policy.caps = caps;
    for rule in &mut policy.purposes {
        rule.ignores_caps = false;
    }
    policy
}

/// What a sender does.
#[derive(Clone, Debug)]
enum Act {
    Ask(Topic),
    Confirm(usize),
    Wait(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => some_topic().prop_map(Act::Ask),
        4 => (0_usize..8).prop_map(Act::Confirm),
        3 => (1_i64..1_000).prop_map(Act::Wait),
        1 => (1_000_i64..20_000).prop_map(Act::Wait),
    ]
}

/// A plain book of who holds what, without any of the domain's counting.
#[derive(Default)]
struct Book {
    reserved: BTreeMap<u128, (Held, Priority)>,
    sent: Vec<Held>,
    now: Timestamp,
}

impl Book {
    fn held(&self) -> Vec<Held> {
        let reserved = self.reserved.values().map(|(held, _)| held.clone());
        reserved.chain(self.sent.iter().cloned()).collect()
    }

    fn do_it(&mut self, policy: &Policy, act: &Act, nth: u128) {
        match act {
            Act::Wait(minutes) => self.now += SignedDuration::from_mins(*minutes),
            Act::Confirm(place) => {
                let place = self.reserved.keys().nth(*place).copied();
                let Some((mut held, _)) = place.and_then(|key| self.reserved.remove(&key)) else {
                    return;
                };
                if held.reserved_until.is_some_and(|until| self.now < until) {
                    (held.at, held.reserved_until) = (self.now, None);
                    self.sent.push(held);
                }
            }
            Act::Ask(topic) => {
                let decision = decide(policy, &agreed(None), &self.held(), topic, self.now);
                let Decision::Allowed { displaced } = decision else {
                    return;
                };
                let until = self.now + SignedDuration::from_mins(60);
                let held = held(nth, topic.clone(), self.now, Some(until));
                for id in displaced {
                    let (_, priority) = self.reserved.remove(&id.0.as_u128()).unwrap();
                    assert!(priority < held.priority, "a lower one displaced a higher");
                }
                let priority = held.priority;
                self.reserved.insert(nth, (held, priority));
            }
        }
    }

    /// What was sent, counted by hand.
    fn is_within(&self, cap: &Cap) -> bool {
        let sent: Vec<&Held> = self
            .sent
            .iter()
            .filter(|it| cap.counts(&it.topic))
            .collect();
        sent.iter().all(|last| {
            let together = sent.iter().filter(|it| match cap.window {
                Window::Calendar(unit) => {
                    let first = |held: &Held| unit.first_day(zone().date_of(held.at));
                    first(it) == first(last)
                }
                Window::Rolling { hours } => {
                    let span = SignedDuration::from_hours(hours.into());
                    it.at <= last.at && last.at < it.at + span
                }
            });
            together.count() <= cap.limit
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_senders_do_no_cap_is_ever_exceeded(
        caps in some_caps(),
        acts in proptest::collection::vec(act(), 1..60),
    ) {
        let mut policy = policy_with(caps);
        policy.quiet_hours.clear();
        let now = at("2026-03-27T12:00:00Z");
        let mut book = Book { now, ..Book::default() };
        for (nth, act) in (1..).zip(&acts) {
            book.do_it(&policy, act, nth);
        }
        for cap in &policy.caps {
            prop_assert!(book.is_within(cap), "{cap:?} {:?}", book.sent);
        }
    }

    #[test]
    fn at_the_next_instant_it_is_allowed_and_not_before(
        caps in some_caps(),
        acts in proptest::collection::vec(act(), 1..40),
        topic in some_topic(),
    ) {
        let policy = policy_with(caps);
        let mut book = Book { now: at("2026-03-27T12:00:00Z"), ..Book::default() };
        for (nth, act) in (1..).zip(&acts) {
            book.do_it(&policy, act, nth);
        }
        let held = book.held();
        let decided = |now| decide(&policy, &agreed(None), &held, &topic, now);
        if let Decision::Refused { obstacles, next } = decided(book.now) {
            let next = next.unwrap();
            let is_refused = |at| matches!(decided(at), Decision::Refused { .. });
            prop_assert!(!is_refused(next));
            prop_assert!(next > book.now && obstacles.iter().all(|it| it.ends <= Some(next)));
            let span = next.duration_since(book.now);
            for part in 0..60 {
                let before = book.now + span / 60 * part;
                prop_assert!(is_refused(before), "{before} {next}");
            }
            let just_before = next - SignedDuration::from_micros(1);
            prop_assert!(is_refused(just_before));
        }
    }
}
