//! What was said becomes what is allowed, and joining people never allows more.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::consent::{Kind, Said, State, Statement};
use super::opt_in::{NotPending, confirm};
use super::topic::{Channel, Purpose, StatementId, Topic};
use crate::domain::ids::CustomerId;

const ANNA: CustomerId = CustomerId(Uuid::from_u128(1));
const BORIS: CustomerId = CustomerId(Uuid::from_u128(2));

fn day(day: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day)
}

fn topic() -> Topic {
    Topic {
        purpose: Purpose("marketing".to_owned()),
        channel: Channel("email".to_owned()),
    }
}

fn said(home: CustomerId, nth: u128, kind: Kind, decided: i64) -> Statement {
    Statement {
        id: StatementId(Uuid::from_u128(nth)),
        home,
        covers: vec![home],
        topic: topic(),
        kind,
        decided: day(decided),
        until: None,
        proved_by: None,
        notice: String::new(),
        source: String::new(),
    }
}

fn by_anna(statements: Vec<Statement>) -> Said {
    let ids = vec![ANNA];
    Said { ids, statements }
}

fn joined(mut one: Vec<Statement>, two: Vec<Statement>) -> Said {
    one.extend(two);
    Said {
        ids: vec![ANNA, BORIS],
        statements: one,
    }
}

fn requested(until: i64) -> Kind {
    let confirm_by = day(until);
    Kind::Requested { confirm_by }
}

/// One history for each state, as of day 10.
fn histories(home: CustomerId) -> Vec<Vec<Statement>> {
    let granted = |until: Option<i64>| Statement {
        until: until.map(day),
        ..said(home, 1, Kind::Granted, 1)
    };
    vec![
        vec![],
        vec![said(home, 1, Kind::Withdrawn, 2)],
        vec![granted(Some(9))],
        vec![said(home, 1, requested(12), 9)],
        vec![said(home, 1, requested(13), 9)],
        vec![granted(None)],
        vec![granted(Some(11))],
        vec![granted(Some(12))],
    ]
}

fn state(said: &Said) -> State {
    said.state(&topic(), day(10))
}

#[test]
fn joining_any_two_states_allows_no_more_than_each_of_them() {
    let mut seen = Vec::new();
    for one in histories(ANNA) {
        for two in histories(BORIS) {
            let apart = [
                state(&by_anna(one.clone())),
                state(&Said {
                    ids: vec![BORIS],
                    statements: two.clone(),
                }),
            ];
            let both = joined(one.clone(), two.clone());
            let together = state(&both);
            assert_eq!(
                together.allows(),
                apart.iter().all(|it| it.allows()),
                "{apart:?}"
            );
            assert!(apart.contains(&together), "{apart:?} {together:?}");
            for later in 10..15 {
                let at = day(later);
                let allowed = |ids| {
                    let statements = both.statements.clone();
                    Said { ids, statements }.state(&topic(), at).allows()
                };
                assert!(
                    !both.state(&topic(), at).allows()
                        || allowed(vec![ANNA]) && allowed(vec![BORIS])
                );
            }
            // Apart again, each is what it was.
            for (id, was) in [ANNA, BORIS].into_iter().zip(apart) {
                let statements = both.statements.clone();
                assert_eq!(
                    state(&Said {
                        ids: vec![id],
                        statements
                    }),
                    was
                );
            }
            seen.push(apart[0]);
        }
    }
    assert_eq!(seen.len(), 64);
}

#[test]
fn joining_depends_on_neither_order_nor_number() {
    let states: Vec<State> = histories(ANNA)
        .into_iter()
        .map(|it| state(&by_anna(it)))
        .collect();
    for one in &states {
        assert_eq!(one.meet(*one), *one);
        for two in &states {
            assert_eq!(one.meet(*two), two.meet(*one));
            for three in &states {
                assert_eq!(one.meet(*two).meet(*three), one.meet(two.meet(*three)));
            }
        }
    }
}

#[test]
fn the_newest_decision_counts_whenever_it_arrives() {
    let granted = said(ANNA, 1, Kind::Granted, 3);
    let withdrawn = said(ANNA, 2, Kind::Withdrawn, 2);
    let late = by_anna(vec![granted.clone(), withdrawn]);
    assert_eq!(state(&late), State::Granted { until: None });
    let at_once = by_anna(vec![granted.clone(), said(ANNA, 0, Kind::Withdrawn, 3)]);
    assert_eq!(state(&at_once), State::Withdrawn);
    // An expired one hides no newer one, and is no reason to go back to an older one.
    let expired = |decided| Statement {
        until: Some(day(5)),
        ..said(ANNA, 3, Kind::Granted, decided)
    };
    assert!(state(&by_anna(vec![granted.clone(), expired(2)])).allows());
    assert_eq!(state(&by_anna(vec![granted, expired(4)])), State::Expired);
}

#[test]
fn what_was_said_by_joined_people_speaks_for_both_as_long_as_they_are_joined() {
    let both = Statement {
        covers: vec![ANNA, BORIS],
        ..said(ANNA, 5, Kind::Granted, 5)
    };
    let before = || vec![said(ANNA, 1, Kind::Withdrawn, 1)];
    let together = joined(before(), vec![both.clone()]);
    assert!(state(&together).allows());
    let apart = Said {
        ids: vec![BORIS],
        statements: vec![],
    };
    assert_eq!(state(&apart), State::NotAsked);
}

#[test]
fn a_newer_decision_by_the_same_verified_identifier_counts_for_both() {
    let proved = |statement: Statement, by: u8| Statement {
        proved_by: Some([by; 32]),
        ..statement
    };
    let withdrawn = || proved(said(ANNA, 1, Kind::Withdrawn, 1), 7);
    let granted = |decided| said(BORIS, 2, Kind::Granted, decided);
    assert!(state(&joined(vec![withdrawn()], vec![proved(granted(2), 7)])).allows());
    for other in [proved(granted(2), 8), proved(granted(0), 7), granted(2)] {
        assert_eq!(
            state(&joined(vec![withdrawn()], vec![other])),
            State::Withdrawn
        );
    }
    let unproved = said(ANNA, 1, Kind::Withdrawn, 1);
    assert_eq!(
        state(&joined(vec![unproved], vec![granted(2)])),
        State::Withdrawn
    );
}

#[test]
fn a_request_is_no_consent_until_it_is_confirmed_and_takes_none_away() {
    let asked = said(ANNA, 2, requested(12), 9);
    let pending = State::Pending {
        confirm_by: day(12),
    };
    assert_eq!(state(&by_anna(vec![asked.clone()])), pending);
    let refused_before = by_anna(vec![said(ANNA, 1, Kind::Withdrawn, 8), asked.clone()]);
    assert_eq!(state(&refused_before), pending);
    assert_eq!(refused_before.state(&topic(), day(12)), State::Withdrawn);
    let refused_after = by_anna(vec![said(ANNA, 3, Kind::Withdrawn, 9), asked.clone()]);
    assert_eq!(state(&refused_after), State::Withdrawn);
    let agreed_before = by_anna(vec![said(ANNA, 1, Kind::Granted, 1), asked]);
    assert_eq!(state(&agreed_before), State::Granted { until: None });
}

#[test]
fn a_request_is_confirmed_once_in_time_and_not_after_a_withdrawal() {
    let asked = said(ANNA, 2, requested(12), 9);
    let new = StatementId(Uuid::from_u128(9));
    let confirmed_at = |said: &Said, at: i64| confirm(said, asked.id, new, day(at));
    let mut history = by_anna(vec![asked.clone()]);
    assert_eq!(confirmed_at(&history, 12), Err(NotPending::Expired));
    let Ok(Some(statement)) = confirmed_at(&history, 11) else {
        panic!("it can be confirmed in time");
    };
    assert_eq!(
        (statement.decided, statement.kind),
        (day(11), Kind::Confirmed { request: asked.id })
    );
    history.statements.push(statement);
    assert!(history.state(&topic(), day(11)).allows());
    assert_eq!(confirmed_at(&history, 20), Ok(None));

    let withdrawn = by_anna(vec![asked.clone(), said(ANNA, 3, Kind::Withdrawn, 10)]);
    assert_eq!(confirmed_at(&withdrawn, 11), Err(NotPending::Withdrawn));
    let no_request = by_anna(vec![said(ANNA, 2, Kind::Granted, 9)]);
    assert_eq!(confirmed_at(&no_request, 11), Err(NotPending::Unknown));
    assert_eq!(confirmed_at(&by_anna(vec![]), 11), Err(NotPending::Unknown));
}
