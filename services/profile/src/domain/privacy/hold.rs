//! Legal holds.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::ids::CustomerId;

/// A legal hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LegalHoldId(pub(crate) Uuid);

/// That nothing of a person may be erased, while it is not released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LegalHold {
    pub(crate) id: LegalHoldId,
    /// The id under which it was put on. It holds for all ids of the person.
    pub(crate) customer: CustomerId,
    pub(crate) reason: String,
    pub(crate) created_by: String,
    pub(crate) created_at: Timestamp,
    pub(crate) released: Option<Released>,
}

/// Who took it off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) reason: String,
}
