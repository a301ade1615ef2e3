//! Account managers.

use contract::patron::profile::v1 as proto;
use proto::KeyAccountLevel;
use proto::account_manager::State;

use super::time;
use crate::app::accounts::HandedOver;
use crate::domain::accounts::{Assignment, Change, Level, Manager, ManagerId, Presence};
use crate::domain::ids::CustomerId;
use crate::domain::invalid::Invalid;
use crate::domain::text;

/// A manager that was sent.
pub(crate) fn decode(sent: proto::AccountManager) -> Result<Manager, Invalid> {
    let presence = match sent.state() {
        State::Active => Presence::Active,
        State::Absent | State::Unspecified => Presence::Absent,
    };
    for (field, texts) in [("regions", &sent.regions), ("brands", &sent.brands)] {
        for (at, text) in texts.iter().enumerate() {
            text::check(|| format!("{field}[{at}]"), text)?;
        }
    }
    Ok(Manager {
        id: ManagerId(sent.manager_id),
        regions: sent.regions,
        brands: sent.brands,
        capacity: sent.capacity,
        presence,
        load: 0,
    })
}

/// A manager.
pub(crate) fn manager(manager: Manager) -> proto::AccountManager {
    let state = match manager.presence {
        Presence::Active => State::Active,
        Presence::Absent => State::Absent,
    };
    proto::AccountManager {
        manager_id: manager.id.0,
        regions: manager.regions,
        brands: manager.brands,
        capacity: manager.capacity,
        state: state.into(),
        load: manager.load,
    }
}

/// A manager who is named, if one is.
pub(crate) fn named(text: String) -> Option<ManagerId> {
    (!text.is_empty()).then_some(ManagerId(text))
}

/// A level that was sent; `None`: as before.
pub(crate) fn level(sent: KeyAccountLevel) -> Option<Level> {
    match sent {
        KeyAccountLevel::Unspecified => None,
        KeyAccountLevel::Standard => Some(Level::Standard),
        KeyAccountLevel::Key => Some(Level::Key),
        KeyAccountLevel::Strategic => Some(Level::Strategic),
    }
}

/// A level.
pub(crate) fn encode_level(level: Level) -> KeyAccountLevel {
    match level {
        Level::Standard => KeyAccountLevel::Standard,
        Level::Key => KeyAccountLevel::Key,
        Level::Strategic => KeyAccountLevel::Strategic,
    }
}

/// Who looks after a customer now.
pub(crate) fn standing(
    customer: CustomerId,
    assignment: Option<&Assignment>,
) -> proto::AccountAssignment {
    let assigned = assignment.map_or_else(Default::default, assigned);
    proto::AccountAssignment {
        customer_id: customer.0.to_string(),
        ..assigned
    }
}

/// What became of some of a manager's customers.
pub(crate) fn handed_over(
    done: &HandedOver,
    next_page_token: String,
) -> proto::HandOverAccountsResponse {
    let count = |all: usize| i32::try_from(all).unwrap_or(i32::MAX);
    proto::HandOverAccountsResponse {
        moved: count(done.moved),
        unplaced: count(done.unplaced),
        next_page_token,
    }
}

/// An assignment of a history.
pub(crate) fn change(change: Change) -> proto::AccountAssignment {
    let assigned = assigned(&change.assignment);
    proto::AccountAssignment {
        previous_manager_id: change.previous.map(|it| it.0).unwrap_or_default(),
        ..assigned
    }
}

fn assigned(assignment: &Assignment) -> proto::AccountAssignment {
    proto::AccountAssignment {
        customer_id: assignment.home.0.to_string(),
        manager_id: assignment.manager.0.clone(),
        level: encode_level(assignment.level).into(),
        reason: assignment.reason.clone(),
        actor: assignment.actor.clone(),
        assign_time: Some(time::encode(assignment.at)),
        previous_manager_id: String::new(),
    }
}
