//! Rows of `contacts`.

use seal::{Keyring, Wrapped};
use uuid::Uuid;

use crate::domain::contact::ledger::{Contact, Held, State};
use crate::domain::contact::policy::Priority;
use crate::domain::contact::topic::{Channel, ContactId, Purpose, Topic};
use crate::domain::ids::CustomerId;
use crate::store::remarks::{REFERENCE, Remarks};
use crate::store::{CorruptRow, StoreError};

pub(super) struct ContactRow {
    pub(super) customer_id: Uuid,
    pub(super) contact_id: Uuid,
    pub(super) purpose: String,
    pub(super) channel: String,
    pub(super) priority: i16,
    pub(super) reference: String,
    pub(super) sealed_reference: Option<Vec<u8>>,
    pub(super) state: String,
    pub(super) reserve_time: jiff_sqlx::Timestamp,
    pub(super) expire_time: jiff_sqlx::Timestamp,
    pub(super) end_time: Option<jiff_sqlx::Timestamp>,
    pub(super) master_id: String,
    pub(super) wrapped: Vec<u8>,
}

/// What caps see of one, which is reserved or confirmed.
pub(super) struct HeldRow {
    pub(super) contact_id: Uuid,
    pub(super) purpose: String,
    pub(super) channel: String,
    pub(super) priority: i16,
    pub(super) state: String,
    pub(super) reserve_time: jiff_sqlx::Timestamp,
    pub(super) expire_time: jiff_sqlx::Timestamp,
    pub(super) end_time: Option<jiff_sqlx::Timestamp>,
}

impl ContactRow {
    pub(super) fn into_contact(self, keyring: &Keyring) -> Result<Contact, StoreError> {
        let remarks = Remarks {
            keyring,
            customer_id: self.customer_id,
            key: Some(Wrapped {
                master_id: self.master_id,
                bytes: self.wrapped,
            }),
            row: self.contact_id,
        };
        let sealed = self.sealed_reference.as_deref();
        let reference = remarks.read(REFERENCE, self.reference, sealed)?;
        let stored = state_named(&self.state).ok_or(corrupt("state"))?;
        let priority = priority_numbered(self.priority).ok_or(corrupt("priority"))?;
        Ok(Contact {
            id: ContactId(self.contact_id),
            customer: CustomerId(self.customer_id),
            topic: Topic {
                purpose: Purpose(self.purpose),
                channel: Channel(self.channel),
            },
            priority,
            reference,
            stored,
            reserve_time: self.reserve_time.to_jiff(),
            expire_time: self.expire_time.to_jiff(),
            end_time: self.end_time.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

impl HeldRow {
    pub(super) fn into_domain(self) -> Result<Held, StoreError> {
        let stored = state_named(&self.state).ok_or(corrupt("state"))?;
        let at = self.end_time.unwrap_or(self.reserve_time);
        let reserved_until = (stored == State::Reserved).then_some(self.expire_time);
        Ok(Held {
            id: ContactId(self.contact_id),
            topic: Topic {
                purpose: Purpose(self.purpose),
                channel: Channel(self.channel),
            },
            priority: priority_numbered(self.priority).ok_or(corrupt("priority"))?,
            at: at.to_jiff(),
            reserved_until: reserved_until.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

const STATES: [(&str, State); 4] = [
    ("reserved", State::Reserved),
    ("confirmed", State::Confirmed),
    ("released", State::Released),
    ("displaced", State::Displaced),
];

const PRIORITIES: [(i16, Priority); 4] = [
    (1, Priority::Campaign),
    (2, Priority::Survey),
    (3, Priority::Complaint),
    (4, Priority::Transactional),
];

/// The name under which a state is stored. That a reservation has expired is not.
pub(super) fn stored_name(state: State) -> &'static str {
    let named = STATES.iter().find(|(_, known)| *known == state);
    named.map_or("reserved", |(name, _)| name)
}

fn state_named(name: &str) -> Option<State> {
    let named = STATES.iter().find(|(known, _)| *known == name);
    named.map(|(_, state)| *state)
}

pub(super) fn number_of(priority: Priority) -> i16 {
    let numbered = PRIORITIES.iter().find(|(_, known)| *known == priority);
    numbered.map_or(1, |(number, _)| *number)
}

fn priority_numbered(number: i16) -> Option<Priority> {
    let numbered = PRIORITIES.iter().find(|(known, _)| *known == number);
    numbered.map(|(_, priority)| *priority)
}

fn corrupt(column: &'static str) -> CorruptRow {
    CorruptRow {
        table: "contacts",
        column,
    }
}
