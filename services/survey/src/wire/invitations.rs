use contract::patron::survey::v1 as wire;
use contract::time::timestamp;
use wire::invitation::State as WireState;

use crate::domain::{Invitation, State, Trigger};

/// The invitation as callers see it.
pub(crate) fn invitation(invitation: &Invitation) -> wire::Invitation {
    wire::Invitation {
        invitation_id: invitation.id.0.to_string(),
        customer_id: invitation.customer.0.to_string(),
        questionnaire_id: invitation.questionnaire_id.clone(),
        questionnaire_version: invitation.questionnaire_version,
        trigger: Some(trigger(&invitation.trigger)),
        state: state(invitation.state).into(),
        create_time: Some(timestamp(invitation.created_at)),
        complete_time: invitation.completed_at.map(timestamp),
    }
}

/// The state's name in the contract, for example `STATE_EXPIRED`.
pub(crate) fn state_name(of: State) -> &'static str {
    state(of).as_str_name()
}

/// The state to filter by; `None` for all.
pub(crate) fn state_filter(state: WireState) -> Option<State> {
    match state {
        WireState::Unspecified => None,
        WireState::Open => Some(State::Open),
        WireState::Completed => Some(State::Completed),
        WireState::Revoked => Some(State::Revoked),
        WireState::Expired => Some(State::Expired),
    }
}

fn state(state: State) -> WireState {
    match state {
        State::Open => WireState::Open,
        State::Completed => WireState::Completed,
        State::Revoked => WireState::Revoked,
        State::Expired => WireState::Expired,
    }
}

fn trigger(trigger: &Trigger) -> wire::Trigger {
    wire::Trigger {
        event_type: trigger.event_type.clone(),
        reference: trigger.reference.clone(),
        occur_time: Some(timestamp(trigger.occurred_at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_the_wire() {
        for each in State::ALL {
            assert_eq!(state_filter(state(each)), Some(each));
        }
    }
}
