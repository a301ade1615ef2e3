//! Who looks after which customers.

mod choice;

pub(crate) use choice::{Placing, choose, keep_or_choose};

use jiff::Timestamp;
use uuid::Uuid;

use super::ids::CustomerId;

/// Most account managers at work: one is chosen among all of them.
pub(crate) const MOST_ACTIVE: i64 = 1_000;

/// By which the company knows an account manager: the subject of the manager's own tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ManagerId(pub(crate) String);

/// Whether a manager gets customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Active,
    Absent,
}

/// An account manager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manager {
    pub(crate) id: ManagerId,
    /// None: all.
    pub(crate) regions: Vec<String>,
    /// None: all.
    pub(crate) brands: Vec<String>,
    /// Most customers.
    pub(crate) capacity: i32,
    pub(crate) presence: Presence,
    /// How many customers there are.
    pub(crate) load: i32,
}

/// How much a customer matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Level {
    #[default]
    Standard,
    Key,
    Strategic,
}

/// Who looks after a customer since when, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The id at which it was made.
    pub(crate) home: CustomerId,
    pub(crate) manager: ManagerId,
    pub(crate) level: Level,
    pub(crate) reason: String,
    pub(crate) actor: String,
    pub(crate) at: Timestamp,
    /// Whether it is the person's: of several ids of one person that have a manager, the oldest one's is.
    pub(crate) counts: bool,
}

/// An assignment that took the place of another, or of none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) id: Uuid,
    pub(crate) assignment: Assignment,
    pub(crate) previous: Option<ManagerId>,
}

/// Why somebody gets no customer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoManager {
    #[error("there is no such account manager")]
    Unknown,
    #[error("the account manager is absent")]
    Absent,
    #[error("the account manager has as many customers as can be looked after")]
    Full,
    #[error("no account manager of the customer's region and brand has room")]
    NobodyFits,
    #[error("there are as many account managers at work as there may be")]
    TooMany,
}
