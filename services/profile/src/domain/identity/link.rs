//! What joins two people's records into one.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::ids::{CustomerId, ImportId};

/// A link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LinkId(pub(crate) Uuid);

/// Why a link was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// Somebody decided so.
    ByHand,
    /// Both sides have proven the same identifier.
    VerifiedIdentifier,
    /// The match policy decided so, or a newcomer named an identifier that not both have proven.
    Rule,
}

/// Joins two homes. Taking it back leaves no trace but the record that it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: LinkId,
    /// The ids under which the two were named, the older first.
    pub(crate) ends: (CustomerId, CustomerId),
    pub(crate) kind: LinkKind,
    /// How sure it was, in thousandths.
    pub(crate) score_permille: i32,
    pub(crate) reason: String,
    /// Who made it.
    pub(crate) actor: String,
    pub(crate) made_at: Timestamp,
    /// The file that it came with.
    pub(crate) import: Option<ImportId>,
    /// That it was taken back.
    pub(crate) undone: Option<Undone>,
}

/// How a link came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undone {
    pub(crate) at: Timestamp,
    /// Who took it back.
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// The two, the older first.
pub(crate) fn ordered(one: CustomerId, other: CustomerId) -> (CustomerId, CustomerId) {
    (one.min(other), one.max(other))
}
