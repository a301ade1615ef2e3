use jiff::civil::Date;
use uuid::Uuid;

use crate::domain::program::TierId;

/// A tier, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The tier; `None`: on none.
    pub tier_id: Option<TierId>,
    /// The first day on it.
    pub since: Date,
    /// The last day on which it is kept in any case. At its end it is reviewed. `None`: without a
    /// term.
    pub until: Option<Date>,
}

/// Where a member stands on a ladder: the higher one of what was earned and what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The tier, and for how long.
    pub place: Place,
    /// The gift that it is by; `None`: it was earned.
    pub gift_id: Option<Uuid>,
}

/// What is kept of a standing between two looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where the member stands.
    pub shown: Standing,
    /// What was earned, gifts aside.
    pub earned: Place,
    /// The day on which it was settled. What counts from this day on can be added without another
    /// look at what was before.
    pub settled_on: Date,
    /// The next day at whose end it has to be settled again, even if nothing counts until then.
    pub due_on: Option<Date>,
}

impl Place {
    /// On no tier since a day.
    pub fn none(since: Date) -> Self {
        Self {
            tier_id: None,
            since,
            until: None,
        }
    }
}

impl Standing {
    /// Of somebody who has joined on a day and done nothing yet.
    pub fn none(since: Date) -> Self {
        Self {
            place: Place::none(since),
            gift_id: None,
        }
    }

    /// The tier.
    pub fn tier_id(&self) -> Option<&TierId> {
        self.place.tier_id.as_ref()
    }
}
