//! Programs, their versions, and which of them is in force when.

mod announcements;
mod documents;
mod drafts;
mod holdings;
mod programs;
mod versions;

use jiff::Timestamp;

pub(crate) use announcements::{Due, announced, due};
pub(crate) use documents::{cancel, document, insert_document, schedule, seed};
pub(crate) use drafts::{delete_draft, insert_draft, update_draft};
pub(crate) use holdings::held_wallets;
pub(crate) use programs::{
    Locked, ProgramRow, count, insert_program, lock, page, program, revise, revision, take_number,
};
pub(crate) use versions::{version, versions};

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deed {
    /// When.
    pub(crate) at: Timestamp,
    /// Who.
    pub(crate) by: String,
}

/// One version of a program as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) program_id: String,
    pub(crate) number: i64,
    /// An encoded `ProgramDocument`; empty where it was not asked for.
    pub(crate) document: Vec<u8>,
    pub(crate) description: String,
    /// How often it was written.
    pub(crate) edits: i64,
    pub(crate) created: Deed,
    pub(crate) updated: Deed,
    /// `None`: it is a draft.
    pub(crate) scheduling: Option<Scheduling>,
}

/// That a version is to be in force.
#[derive(Clone, Debug)]
pub(crate) struct Scheduling {
    /// From when on.
    pub(crate) active_from: Timestamp,
    pub(crate) scheduled: Deed,
    /// Why.
    pub(crate) reason: String,
    /// The version whose document it brings back.
    pub(crate) reverted: Option<i64>,
    pub(crate) cancellation: Option<Cancellation>,
}

/// That it is not to be in force after all.
#[derive(Clone, Debug)]
pub(crate) struct Cancellation {
    pub(crate) cancelled: Deed,
    /// Why.
    pub(crate) reason: String,
}

impl Version {
    /// What changes with each change.
    pub(crate) fn etag(&self) -> String {
        self.edits.to_string()
    }
}
