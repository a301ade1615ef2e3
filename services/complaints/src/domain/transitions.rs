//! The state machine of a case, as data.

use super::State;
use super::State::{Acknowledged, Closed, Received, Reopened, Resolved, Responded};

/// What can be done to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A person answers the customer.
    Reply,
    /// A message of the customer is taken in.
    TakeMessage,
    /// Colleagues note something.
    Note,
    /// A machine tells the customer something.
    Notify,
    /// The case is declared done.
    Resolve,
    /// A resolved case is ended.
    Close,
    /// A resolved or closed case is taken up again.
    Reopen,
}

impl Action {
    /// The name by which callers are told what was refused. Never changes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::TakeMessage => "take_message",
            Self::Note => "note",
            Self::Notify => "notify",
            Self::Resolve => "resolve",
            Self::Close => "close",
            Self::Reopen => "reopen",
        }
    }
}

/// The case's state does not allow the action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a case that is {} does not allow: {}", .state.name(), .action.name())]
pub(crate) struct Forbidden {
    pub(crate) state: State,
    pub(crate) action: Action,
}

struct Rule {
    action: Action,
    from: From,
    to: To,
}

enum From {
    Any,
    These(&'static [State]),
}

enum To {
    Same,
    State(State),
}

/// For each action the first rule that fits decides; without one it is forbidden.
const RULES: &[Rule] = &[
    // The answer to a resolved case ("you are welcome") changes nothing; a closed one must be
    // reopened before anybody answers, or the work would be outside of every clock and rating.
    rule(
        Action::Reply,
        From::These(State::OPEN),
        To::State(Responded),
    ),
    rule(Action::Reply, From::These(&[Resolved]), To::Same),
    // What a customer says is never turned away and never moves the case by itself: whether "thank
    // you" or "it broke again" arrives after the resolution, a person decides about reopening.
    rule(Action::TakeMessage, From::Any, To::Same),
    rule(Action::Note, From::Any, To::Same),
    // Whatever a machine tells the customer first, they then know that the case was taken in.
    rule(
        Action::Notify,
        From::These(&[Received]),
        To::State(Acknowledged),
    ),
    rule(Action::Notify, From::Any, To::Same),
    rule(
        Action::Resolve,
        From::These(State::OPEN),
        To::State(Resolved),
    ),
    rule(Action::Close, From::These(&[Resolved]), To::State(Closed)),
    rule(
        Action::Reopen,
        From::These(&[Resolved, Closed]),
        To::State(Reopened),
    ),
];

const fn rule(action: Action, from: From, to: To) -> Rule {
    Rule { action, from, to }
}

/// The state that the action leads to.
pub(crate) fn follow(state: State, action: Action) -> Result<State, Forbidden> {
    let fits = |rule: &&Rule| rule.action == action && rule.from.includes(state);
    match RULES.iter().find(fits).map(|rule| &rule.to) {
        Some(To::Same) => Ok(state),
        Some(To::State(next)) => Ok(*next),
        None => Err(Forbidden { state, action }),
    }
}

impl From {
    fn includes(&self, state: State) -> bool {
        match self {
            Self::Any => true,
            Self::These(states) => states.contains(&state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states_that_allow(action: Action) -> Vec<State> {
        State::ALL
            .iter()
            .copied()
            .filter(|&state| follow(state, action).is_ok())
            .collect()
    }

    #[test]
    fn every_open_state_can_be_answered_and_resolved() {
        for &state in State::OPEN {
            assert_eq!(follow(state, Action::Reply), Ok(Responded));
            assert_eq!(follow(state, Action::Resolve), Ok(Resolved));
        }
    }

    #[test]
    fn a_case_is_closed_only_when_resolved_and_reopened_only_when_done() {
        assert_eq!(states_that_allow(Action::Close), [Resolved]);
        assert_eq!(states_that_allow(Action::Reopen), [Resolved, Closed]);
        assert_eq!(follow(Closed, Action::Reopen), Ok(Reopened));
        let forbidden = Forbidden {
            state: Responded,
            action: Action::Close,
        };
        assert_eq!(follow(Responded, Action::Close), Err(forbidden));
        assert_eq!(
            follow(Closed, Action::Resolve).unwrap_err().action,
            Action::Resolve
        );
    }

    #[test]
    fn a_customers_message_is_taken_in_everywhere_and_moves_nothing() {
        for &state in State::ALL {
            assert_eq!(follow(state, Action::TakeMessage), Ok(state));
            assert_eq!(follow(state, Action::Note), Ok(state));
        }
    }

    #[test]
    fn only_a_case_just_received_is_acknowledged_by_a_machine() {
        assert_eq!(follow(Received, Action::Notify), Ok(Acknowledged));
        assert_eq!(follow(Reopened, Action::Notify), Ok(Reopened));
    }

    #[test]
    fn a_closed_case_is_not_answered_and_a_resolved_one_stays_resolved() {
        assert!(follow(Closed, Action::Reply).is_err());
        assert_eq!(follow(Resolved, Action::Reply), Ok(Resolved));
    }
}
