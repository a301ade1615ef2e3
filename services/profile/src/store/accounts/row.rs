//! Rows of account managers and assignments.

use uuid::Uuid;

use crate::domain::accounts::{Assignment, Change, Level, Manager, ManagerId, Presence};
use crate::domain::ids::CustomerId;
use crate::store::CorruptRow;

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
    pub(super) actor: String,
    pub(super) assign_time: jiff_sqlx::Timestamp,
    pub(super) counts: bool,
}

pub(super) struct ChangeRow {
    pub(super) customer_id: Uuid,
    pub(super) change_id: Uuid,
    pub(super) manager_id: String,
    pub(super) previous_manager_id: Option<String>,
    pub(super) level: String,
    pub(super) reason: String,
    pub(super) actor: String,
    pub(super) assign_time: jiff_sqlx::Timestamp,
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
    pub(super) fn into_domain(self) -> Result<Assignment, CorruptRow> {
        let known = LEVELS.iter().find(|(name, _)| *name == self.level);
        Ok(Assignment {
            home: CustomerId(self.customer_id),
            manager: ManagerId(self.manager_id),
            level: known.map(|(_, level)| *level).ok_or(CorruptRow {
                table: "account_assignments",
                column: "level",
            })?,
            reason: self.reason,
            actor: self.actor,
            at: self.assign_time.to_jiff(),
            counts: self.counts,
        })
    }
}

impl ChangeRow {
    pub(super) fn into_domain(self) -> Result<Change, CorruptRow> {
        let assignment = AssignmentRow {
            customer_id: self.customer_id,
            manager_id: self.manager_id,
            level: self.level,
            reason: self.reason,
            actor: self.actor,
            assign_time: self.assign_time,
            // A history does not tell.
            counts: false,
        };
        Ok(Change {
            id: self.change_id,
            assignment: assignment.into_domain()?,
            previous: self.previous_manager_id.map(ManagerId),
        })
    }
}
