//! Rows of account managers and assignments.

use seal::{Keyring, Wrapped};
use uuid::Uuid;

use crate::domain::accounts::{Assignment, Change, Level, Manager, ManagerId, Presence};
use crate::domain::ids::CustomerId;
use crate::store::remarks::{ASSIGNMENT, ASSIGNMENT_CHANGE, Remarks};
use crate::store::sealed::Column;
use crate::store::{CorruptRow, StoreError};

pub(super) struct ManagerRow {
    pub(super) manager_id: String,
    pub(super) regions: Vec<String>,
    pub(super) brands: Vec<String>,
    pub(super) capacity: i32,
    pub(super) state: String,
    pub(super) load: i32,
}

pub(super) struct AssignmentRow {
    pub(super) customer_id: Uuid,
    pub(super) manager_id: String,
    pub(super) level: String,
    pub(super) reason: String,
    pub(super) sealed_reason: Option<Vec<u8>>,
    pub(super) actor: String,
    pub(super) assign_time: jiff_sqlx::Timestamp,
    pub(super) counts: bool,
    pub(super) master_id: Option<String>,
    pub(super) wrapped: Option<Vec<u8>>,
}

pub(super) struct ChangeRow {
    pub(super) customer_id: Uuid,
    pub(super) change_id: Uuid,
    pub(super) manager_id: String,
    pub(super) previous_manager_id: Option<String>,
    pub(super) level: String,
    pub(super) reason: String,
    pub(super) sealed_reason: Option<Vec<u8>>,
    pub(super) actor: String,
    pub(super) assign_time: jiff_sqlx::Timestamp,
    pub(super) master_id: String,
    pub(super) wrapped: Vec<u8>,
}

const PRESENCES: [(&str, Presence); 2] =
    [("active", Presence::Active), ("absent", Presence::Absent)];

const LEVELS: [(&str, Level); 3] = [
    ("standard", Level::Standard),
    ("key", Level::Key),
    ("strategic", Level::Strategic),
];

/// How it is stored whether a manager gets customers.
pub(super) fn presence_name(presence: Presence) -> &'static str {
    let known = PRESENCES.iter().find(|(_, known)| *known == presence);
    known.map_or("absent", |(name, _)| name)
}

/// How it is stored how much a customer matters.
pub(super) fn level_name(level: Level) -> &'static str {
    let known = LEVELS.iter().find(|(_, known)| *known == level);
    known.map_or("standard", |(name, _)| name)
}

impl ManagerRow {
    pub(super) fn into_domain(self) -> Result<Manager, CorruptRow> {
        let known = PRESENCES.iter().find(|(name, _)| *name == self.state);
        let presence = known.map(|(_, presence)| *presence);
        Ok(Manager {
            id: ManagerId(self.manager_id),
            regions: self.regions,
            brands: self.brands,
            capacity: self.capacity,
            presence: presence.ok_or(CorruptRow {
                table: "account_managers",
                column: "state",
            })?,
            load: self.load,
        })
    }
}

impl AssignmentRow {
    pub(super) fn into_domain(self, keyring: &Keyring) -> Result<Assignment, StoreError> {
        let row = self.customer_id;
        self.read(keyring, ASSIGNMENT, row)
    }

    /// The same of a row of either table.
    fn read(self, keyring: &Keyring, of: Column, row: Uuid) -> Result<Assignment, StoreError> {
        let remarks = Remarks {
            keyring,
            customer_id: self.customer_id,
            key: self
                .master_id
                .zip(self.wrapped)
                .map(|(master_id, bytes)| Wrapped { master_id, bytes }),
            row,
        };
        let known = LEVELS.iter().find(|(name, _)| *name == self.level);
        Ok(Assignment {
            home: CustomerId(self.customer_id),
            manager: ManagerId(self.manager_id),
            level: known.map(|(_, level)| *level).ok_or(CorruptRow {
                table: of.table,
                column: "level",
            })?,
            reason: remarks.read(of, self.reason, self.sealed_reason.as_deref())?,
            actor: self.actor,
            at: self.assign_time.to_jiff(),
            counts: self.counts,
        })
    }
}

impl ChangeRow {
    pub(super) fn into_domain(self, keyring: &Keyring) -> Result<Change, StoreError> {
        let assignment = AssignmentRow {
            customer_id: self.customer_id,
            manager_id: self.manager_id,
            level: self.level,
            reason: self.reason,
            sealed_reason: self.sealed_reason,
            actor: self.actor,
            assign_time: self.assign_time,
            // A history does not tell.
            counts: false,
            master_id: Some(self.master_id),
            wrapped: Some(self.wrapped),
        };
        Ok(Change {
            id: self.change_id,
            assignment: assignment.read(keyring, ASSIGNMENT_CHANGE, self.change_id)?,
            previous: self.previous_manager_id.map(ManagerId),
        })
    }
}
