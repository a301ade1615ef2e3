//! Restrictions of processing.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::ids::CustomerId;

/// A restriction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RestrictionId(pub(crate) Uuid);

/// Why somebody is restricted: the grounds of article 18 (1) of the GDPR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    AccuracyContested,
    Unlawful,
    LegalClaim,
    ObjectionPending,
}

/// That what is held of a person is stored only, while it is not lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Restriction {
    pub(crate) id: RestrictionId,
    /// The id under which it was put on. It holds for all ids of the person.
    pub(crate) customer: CustomerId,
    pub(crate) ground: Ground,
    pub(crate) created_by: String,
    pub(crate) created_at: Timestamp,
    pub(crate) lifted: Option<Lifted>,
}

/// Who took it off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lifted {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) reason: String,
}

impl Ground {
    const ALL: [Self; 4] = [
        Self::AccuracyContested,
        Self::Unlawful,
        Self::LegalClaim,
        Self::ObjectionPending,
    ];

    /// The number that the contract and the database have for it.
    pub(crate) fn number(self) -> i16 {
        match self {
            Self::AccuracyContested => 1,
            Self::Unlawful => 2,
            Self::LegalClaim => 3,
            Self::ObjectionPending => 4,
        }
    }

    /// The one that a number stands for.
    pub(crate) fn numbered(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.number() == number)
    }
}
