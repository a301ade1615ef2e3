//! Contacts that were made or are reserved.

use jiff::Timestamp;

use super::policy::Priority;
use super::topic::{ContactId, Topic};
use crate::domain::ids::CustomerId;

/// A contact that caps count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) id: ContactId,
    pub(crate) topic: Topic,
    pub(crate) priority: Priority,
    /// When it was confirmed; of a reservation, when it was made.
    pub(crate) at: Timestamp,
    /// Until when it waits to be confirmed; `None`: it is.
    pub(crate) reserved_until: Option<Timestamp>,
}

/// Where a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Waits to be confirmed; for ever, it seems, when its time is over: see [`Contact::state`].
    Reserved,
    Confirmed,
    Released,
    Displaced,
    /// Never stored: it follows from the time.
    Expired,
}

/// A contact, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    pub(crate) id: ContactId,
    pub(crate) customer: CustomerId,
    pub(crate) topic: Topic,
    pub(crate) priority: Priority,
    pub(crate) reference: String,
    pub(crate) stored: State,
    pub(crate) reserve_time: Timestamp,
    pub(crate) expire_time: Timestamp,
    /// When it was confirmed, released or displaced.
    pub(crate) end_time: Option<Timestamp>,
}

/// Why a contact can't be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reservation has ended, so the message must not be sent")]
pub(crate) struct Ended {
    pub(crate) state: State,
}

/// A contact that is confirmed can't be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the contact is confirmed and can't be released")]
pub(crate) struct AlreadyConfirmed;

impl Contact {
    /// Where it stands at an instant.
    pub(crate) fn state(&self, at: Timestamp) -> State {
        match self.stored {
            State::Reserved if self.expire_time <= at => State::Expired,
            stored => stored,
        }
    }

    /// Confirms it; answers whether that changed anything.
    pub(crate) fn confirm(&mut self, now: Timestamp) -> Result<bool, Ended> {
        match self.state(now) {
            State::Reserved => {
                self.stored = State::Confirmed;
                self.end(now);
                Ok(true)
            }
            State::Confirmed => Ok(false),
            state @ (State::Released | State::Displaced | State::Expired) => Err(Ended { state }),
        }
    }

    /// Gives it back; answers whether that changed anything.
    pub(crate) fn release(&mut self, now: Timestamp) -> Result<bool, AlreadyConfirmed> {
        match self.state(now) {
            State::Reserved => {
                self.stored = State::Released;
                self.end(now);
                Ok(true)
            }
            State::Confirmed => Err(AlreadyConfirmed),
            State::Released | State::Displaced | State::Expired => Ok(false),
        }
    }

    /// Not before it was reserved: the clocks of two replicas may differ.
    fn end(&mut self, now: Timestamp) {
        self.end_time = Some(now.max(self.reserve_time));
    }
}
