//! The contract's enums and the domain's.

use contract::patron::complaints::v1 as wire;
use wire::case::{Priority as WirePriority, State as WireState, Type as WireType};
use wire::case_message::Kind as WireMessageKind;

use crate::domain::{Kind, MessageKind, Priority, State};

pub(super) fn wire_kind(kind: Kind) -> WireType {
    match kind {
        Kind::Complaint => WireType::Complaint,
        Kind::Suggestion => WireType::Suggestion,
        Kind::Enquiry => WireType::Enquiry,
        Kind::FollowUp => WireType::FollowUp,
    }
}

/// `None` for the unset value.
pub(super) fn domain_kind(kind: WireType) -> Option<Kind> {
    match kind {
        WireType::Unspecified => None,
        WireType::Complaint => Some(Kind::Complaint),
        WireType::Suggestion => Some(Kind::Suggestion),
        WireType::Enquiry => Some(Kind::Enquiry),
        WireType::FollowUp => Some(Kind::FollowUp),
    }
}

pub(super) fn wire_priority(priority: Priority) -> WirePriority {
    match priority {
        Priority::Low => WirePriority::Low,
        Priority::Normal => WirePriority::Normal,
        Priority::High => WirePriority::High,
        Priority::Urgent => WirePriority::Urgent,
    }
}

/// Normal when unset, as the contract says.
pub(super) fn domain_priority(priority: WirePriority) -> Priority {
    match priority {
        WirePriority::Low => Priority::Low,
        WirePriority::Unspecified | WirePriority::Normal => Priority::Normal,
        WirePriority::High => Priority::High,
        WirePriority::Urgent => Priority::Urgent,
    }
}

pub(super) fn wire_state(state: State) -> WireState {
    match state {
        State::Received => WireState::Received,
        State::Acknowledged => WireState::Acknowledged,
        State::Assessed => WireState::Assessed,
        State::Investigating => WireState::Investigating,
        State::Responded => WireState::Responded,
        State::Resolved => WireState::Resolved,
        State::Closed => WireState::Closed,
        State::Reopened => WireState::Reopened,
        State::EscalatedOutside => WireState::EscalatedOutside,
    }
}

/// The state's name in the contract, for example `STATE_CLOSED`.
pub(crate) fn state_name(state: State) -> &'static str {
    wire_state(state).as_str_name()
}

/// The state to filter by; `None` for all.
pub(crate) fn state_filter(state: WireState) -> Option<State> {
    match state {
        WireState::Unspecified => None,
        WireState::Received => Some(State::Received),
        WireState::Acknowledged => Some(State::Acknowledged),
        WireState::Assessed => Some(State::Assessed),
        WireState::Investigating => Some(State::Investigating),
        WireState::Responded => Some(State::Responded),
        WireState::Resolved => Some(State::Resolved),
        WireState::Closed => Some(State::Closed),
        WireState::Reopened => Some(State::Reopened),
        WireState::EscalatedOutside => Some(State::EscalatedOutside),
    }
}

/// The type to filter by; `None` for all.
pub(crate) fn kind_filter(kind: WireType) -> Option<Kind> {
    domain_kind(kind)
}

pub(super) fn wire_message_kind(kind: MessageKind) -> WireMessageKind {
    match kind {
        MessageKind::Reply => WireMessageKind::Reply,
        MessageKind::Customer => WireMessageKind::Customer,
        MessageKind::Note => WireMessageKind::Note,
        MessageKind::Automatic => WireMessageKind::Automatic,
    }
}

/// `None` for the unset value.
pub(super) fn domain_message_kind(kind: WireMessageKind) -> Option<MessageKind> {
    match kind {
        WireMessageKind::Unspecified => None,
        WireMessageKind::Reply => Some(MessageKind::Reply),
        WireMessageKind::Customer => Some(MessageKind::Customer),
        WireMessageKind::Note => Some(MessageKind::Note),
        WireMessageKind::Automatic => Some(MessageKind::Automatic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_the_wire() {
        for &state in State::ALL {
            assert_eq!(state_filter(wire_state(state)), Some(state));
        }
        for &kind in Kind::ALL {
            assert_eq!(domain_kind(wire_kind(kind)), Some(kind));
        }
        for &priority in Priority::ALL {
            assert_eq!(domain_priority(wire_priority(priority)), priority);
        }
        for &kind in MessageKind::ALL {
            assert_eq!(domain_message_kind(wire_message_kind(kind)), Some(kind));
        }
    }

    #[test]
    fn an_unset_priority_is_normal() {
        assert_eq!(domain_priority(WirePriority::Unspecified), Priority::Normal);
    }
}
