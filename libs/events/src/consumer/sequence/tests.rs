use contract::patron::events::v1 as wire;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// An event of shard `subject % 2`, written by `transaction_id`.
fn event(subject: u8, version: u64, transaction_id: u64) -> Arc<Incoming> {
    let id = |number: u128| Uuid::from_u128(number).to_string();
    let wire = wire::Event {
        event_id: id(u128::from(transaction_id)),
        subject_id: id(u128::from(subject)),
        subject_version: version,
        shard: u32::from(subject % 2),
        occur_time: Some(prost_types::Timestamp::default()),
        position: Some(wire::Position {
            transaction_id,
            sequence: transaction_id,
        }),
        ..wire::Event::default()
    };
    Arc::new(Incoming::new(wire).unwrap())
}

fn versions(plan: &Plan) -> Vec<u64> {
    plan.steps
        .iter()
        .map(|event| event.subject_version())
        .collect()
}

fn at(transaction_id: u64) -> Position {
    Position {
        transaction_id,
        sequence: transaction_id,
    }
}

fn reading(events: &[Arc<Incoming>], ceiling: u64, horizon: u64) -> Reading<'_> {
    Reading {
        events,
        ceiling,
        horizon,
    }
}

#[test]
fn two_events_that_stand_the_wrong_way_round_are_applied_in_order_of_their_versions() {
    let none = HashMap::new();
    let state = Sequencer::starting_at([(1, Position::START)]);
    let first = state.plan(reading(&[event(1, 2, 10)], 15, 10), &none);
    assert!(first.steps.is_empty());
    assert_eq!(
        first.next.cursor(1, &[]),
        at(10).before(),
        "held events are not dealt with"
    );
    let second = first.next.plan(reading(&[event(1, 1, 12)], 15, 12), &none);
    assert_eq!(versions(&second), [1, 2]);
    assert_eq!(second.next.cursor(1, &[]), at(12));
}

#[test]
fn a_gap_is_passed_when_the_horizon_has_reached_the_ceiling_and_not_before() {
    let known = HashMap::from([(Uuid::from_u128(1), 3)]);
    let state = Sequencer::starting_at([(1, Position::START)]);
    let seen = state.plan(reading(&[event(1, 6, 10), event(1, 7, 11)], 15, 11), &known);
    assert_eq!((versions(&seen), seen.gaps), (vec![], 0));
    let short = seen.next.plan(reading(&[], 40, 14), &known);
    assert_eq!((versions(&short), short.gaps), (vec![], 0));
    let proven = short.next.plan(reading(&[], 40, 15), &known);
    assert_eq!((versions(&proven), proven.gaps), (vec![6, 7], 2));
    assert_eq!(proven.next.cursor(1, &[]), Position::before_transaction(15));
}

#[test]
fn what_was_dealt_with_is_not_applied_again() {
    let known = HashMap::from([(Uuid::from_u128(1), 3)]);
    let state = Sequencer::starting_at([(1, Position::START)]);
    let plan = state.plan(reading(&[event(1, 3, 10), event(1, 2, 11)], 15, 15), &known);
    assert_eq!((versions(&plan), plan.duplicates), (vec![], 2));
}

#[test]
fn a_cursor_stays_before_events_that_remain() {
    let none = HashMap::new();
    let events = [event(1, 1, 10), event(3, 1, 11), event(2, 1, 12)];
    let state = Sequencer::starting_at([(0, Position::START), (1, Position::START)]);
    let plan = state.plan(reading(&events, 15, 20), &none);
    let (_, remaining) = plan.steps.split_first().unwrap();
    assert_eq!(plan.next.cursor(1, remaining), at(11).before());
    assert_eq!(plan.next.cursor(1, &[]), Position::before_transaction(20));
}

/// What a consumer's database and memory hold, and what its handler was given.
#[derive(Default)]
struct Model {
    versions: HashMap<Uuid, u64>,
    cursors: BTreeMap<u8, Position>,
    applied: HashMap<Uuid, Vec<u64>>,
}

impl Model {
    fn commit(&mut self, plan: &Plan) {
        for event in &plan.steps {
            self.versions
                .insert(event.subject_id(), event.subject_version());
            self.applied
                .entry(event.subject_id())
                .or_default()
                .push(event.subject_version());
        }
        self.cursors = plan.next.cursors();
    }
}

/// Follows a feed from the model's cursors, `page` events at a time, for at most `pages` pages.
fn follow(model: &mut Model, feed: &[(Arc<Incoming>, u64)], page: usize, pages: usize) {
    let mut state = Sequencer::starting_at(model.cursors.clone());
    let behind = |event: &Arc<Incoming>| event.position() > model.cursors[&event.shard()];
    let left: Vec<_> = feed
        .iter()
        .filter(|(event, _)| behind(event))
        .cloned()
        .collect();
    let mut ceiling = 0;
    let mut left = left.as_slice();
    for _ in 0..pages {
        let (now, rest) = left.split_at(left.len().min(page));
        ceiling = now
            .iter()
            .map(|(_, ceiling)| *ceiling)
            .max()
            .unwrap_or(0)
            .max(ceiling);
        let events: Vec<_> = now.iter().map(|(event, _)| Arc::clone(event)).collect();
        let last = events
            .last()
            .map_or(u64::MAX, |event| event.position().transaction_id);
        let horizon = if rest.is_empty() { u64::MAX } else { last };
        let plan = state.plan(reading(&events, ceiling, horizon), &model.versions);
        model.commit(&plan);
        state = plan.next;
        left = rest;
    }
}

proptest! {
    /// Transactions get their ids up to 40 before they come to write; some events are lost.
    #[test]
    fn every_event_is_applied_once_and_in_order_whatever_comes_late_is_lost_or_crashes(
        writes in vec((0_u8..5, 0_u64..40, prop::bool::weighted(0.05)), 1..120),
        page in 1_usize..9,
        crashes in vec(any::<Index>(), 0..6),
    ) {
        let mut counts = HashMap::<u8, u64>::new();
        let mut highest = 0;
        let mut feed = Vec::new();
        let mut expected = HashMap::<Uuid, Vec<u64>>::new();
        for (order, (subject, early, is_lost)) in (0_u64..).zip(writes) {
            let version = counts.entry(subject).or_default();
            *version += 1;
            // Unique, and at times below that of a predecessor.
            let transaction_id = (50 + order).saturating_sub(early) * 1_000 + order;
            if !is_lost {
                let event = event(subject, *version, transaction_id);
                expected.entry(event.subject_id()).or_default().push(*version);
                feed.push((event, highest + 1));
            }
            highest = highest.max(transaction_id);
        }
        feed.sort_by_key(|(event, _)| event.position());
        let mut model = Model {
            cursors: BTreeMap::from([(0, Position::START), (1, Position::START)]),
            ..Model::default()
        };
        for crash in crashes {
            follow(&mut model, &feed, page, crash.index(feed.len().max(1)) / page);
        }
        follow(&mut model, &feed, page, feed.len() + 1);
        prop_assert_eq!(model.applied, expected);
    }
}
