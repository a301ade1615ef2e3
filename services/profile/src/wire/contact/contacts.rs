//! Contacts and decisions on them.

use calendar::Zone;
use contract::patron::profile::v1 as proto;
use jiff::Timestamp;
use proto::contact::State as WireState;
use proto::contact_obstacle::Reason as WireReason;

use crate::domain::contact::decide::{Obstacle, Reason};
use crate::domain::contact::ledger::{Contact, State};
use crate::wire::time;

/// A contact, as it stands at an instant.
pub(crate) fn contact(contact: Contact, now: Timestamp) -> proto::Contact {
    proto::Contact {
        contact_id: contact.id.0.to_string(),
        customer_id: contact.customer.0.to_string(),
        state: state_of(contact.state(now)).into(),
        purpose: contact.topic.purpose.0,
        channel: contact.topic.channel.0,
        reference: contact.reference,
        reserve_time: Some(time::encode(contact.reserve_time)),
        expire_time: Some(time::encode(contact.expire_time)),
        end_time: contact.end_time.map(time::encode),
    }
}

/// Where a contact stands.
pub(crate) fn state_of(state: State) -> WireState {
    match state {
        State::Reserved => WireState::Reserved,
        State::Confirmed => WireState::Confirmed,
        State::Released => WireState::Released,
        State::Displaced => WireState::Displaced,
        State::Expired => WireState::Expired,
    }
}

/// It is allowed.
pub(crate) fn allowed(contact: Option<proto::Contact>, zone: &Zone) -> proto::ContactDecision {
    proto::ContactDecision {
        allowed: true,
        contact,
        obstacles: Vec::new(),
        next_time: None,
        time_zone: zone.name().to_owned(),
    }
}

/// It is not allowed.
pub(crate) fn refused(
    obstacles: Vec<Obstacle>,
    next: Option<Timestamp>,
    zone: &Zone,
) -> proto::ContactDecision {
    proto::ContactDecision {
        allowed: false,
        contact: None,
        obstacles: obstacles.into_iter().map(obstacle).collect(),
        next_time: next.map(time::encode),
        time_zone: zone.name().to_owned(),
    }
}

fn obstacle(obstacle: Obstacle) -> proto::ContactObstacle {
    let (reason, cap_id) = match obstacle.reason {
        Reason::NotAsked => (WireReason::NotAsked, String::new()),
        Reason::OptInPending => (WireReason::OptInPending, String::new()),
        Reason::ConsentExpired => (WireReason::ConsentExpired, String::new()),
        Reason::ConsentWithdrawn => (WireReason::ConsentWithdrawn, String::new()),
        Reason::QuietHours => (WireReason::QuietHours, String::new()),
        Reason::CapReached(cap) => (WireReason::CapReached, cap.0),
        Reason::Restricted => (WireReason::Restricted, String::new()),
    };
    proto::ContactObstacle {
        reason: reason.into(),
        cap_id,
        end_time: obstacle.ends.map(time::encode),
    }
}
