//! What can happen, and by which names.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identity::source::CRM;
use crate::domain::ids::CustomerId;

/// Most ids, each of which may turn out to be another's.
pub(super) const HOMES: usize = 6;
pub(super) const FIELDS: [Field; 4] = [
    Field::Identifiers,
    Field::DisplayName,
    Field::Brand,
    Field::BirthDate,
];
pub(super) const CHANNELS: [&str; 3] = [CRM, "app", "shop"];
pub(super) const BRANDS: [&str; 3] = ["", "x", "y"];
pub(super) const TAGS: [&str; 2] = ["vip", "tea"];
pub(super) const KEYS: [&str; 2] = ["cup", "pot"];
pub(super) const VALUES: [&str; 2] = ["red", "blue"];
/// Of consent.
pub(super) const TOPICS: usize = 2;

/// A part of what is known of a person.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aspect {
    Record,
    Consents,
    Tags,
    Attributes,
    Orders,
}

pub(super) const ASPECTS: [Aspect; 5] = [
    Aspect::Record,
    Aspect::Consents,
    Aspect::Tags,
    Aspect::Attributes,
    Aspect::Orders,
];

/// Something that happens; the first number is the id at which it does.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Through which channel, of which fields, what, seen when.
    Ingest(usize, usize, Vec<Field>, Details, i64),
    Amend(usize, Vec<Field>, Details, i64),
    Consent {
        home: usize,
        topic: usize,
        /// Granted, requested, confirmed, withdrawn.
        kind: usize,
        decided: i64,
        lasts: Option<i64>,
        proof: Option<usize>,
    },
    /// Which tag, and for how many minutes.
    Tag(usize, usize, Option<i64>),
    Untag(usize, usize),
    Set(usize, usize, usize),
    Clear(usize, usize),
    /// For how much, and how many minutes before it is told.
    Buy(usize, i64, i64),
    /// Of one of the last orders, so many thousandths of what is left of it.
    PayBack(usize, usize, i64),
    Merge(usize, usize),
    Unmerge(usize),
}

impl Step {
    /// At which id it happens.
    pub(super) fn home(&self) -> usize {
        match self {
            Self::Ingest(home, ..)
            | Self::Amend(home, ..)
            | Self::Consent { home, .. }
            | Self::Tag(home, ..)
            | Self::Untag(home, _)
            | Self::Set(home, ..)
            | Self::Clear(home, _)
            | Self::Buy(home, ..)
            | Self::PayBack(home, ..)
            | Self::Merge(home, _) => *home,
            Self::Unmerge(_) => 0,
        }
    }

    /// What it is about; `None`: who is who.
    pub(super) fn aspect(&self) -> Option<Aspect> {
        match self {
            Self::Ingest(..) | Self::Amend(..) => Some(Aspect::Record),
            Self::Consent { .. } => Some(Aspect::Consents),
            Self::Tag(..) | Self::Untag(..) => Some(Aspect::Tags),
            Self::Set(..) | Self::Clear(..) => Some(Aspect::Attributes),
            Self::Buy(..) | Self::PayBack(..) => Some(Aspect::Orders),
            Self::Merge(..) | Self::Unmerge(_) => None,
        }
    }
}

/// The older one has the lesser number.
pub(super) fn home(nth: usize) -> CustomerId {
    CustomerId(Uuid::from_u128(nth as u128 + 1))
}

pub(super) fn number(home: CustomerId) -> usize {
    usize::try_from(home.0.as_u128()).unwrap() - 1
}

/// A midnight where days are counted.
pub(super) fn at(minute: i64) -> Timestamp {
    Timestamp::constant(1_736_121_600, 0) + SignedDuration::from_mins(minute)
}

pub(super) fn minute(time: Timestamp) -> i64 {
    time.duration_since(at(0)).as_mins()
}
