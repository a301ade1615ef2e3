//! What is known of a person when a condition is decided.

use std::collections::BTreeMap;

use calendar::Zone;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::attribute::value::Value;
use crate::domain::customer::Details;
use crate::domain::habits::Habits;
use crate::domain::health::Score;
use crate::domain::health::heard::Heard;
use crate::domain::order::RecordedOrder;
use crate::domain::tag::Change;
use crate::domain::traits::Traits;

/// The most orders under one id that windows look at.
pub(crate) const MOST_ORDERS: u16 = 2_000;

/// A person, by all ids that lead to it.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Where the person's days are counted.
    pub(crate) zone: Zone,
    pub(crate) known_since: Timestamp,
    pub(crate) details: Details,
    /// The latest change of each tag under each id.
    pub(crate) tags: Vec<Change>,
    /// By key.
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) traits: Traits,
    /// What the orders show, where all were asked for.
    pub(crate) habits: Habits,
    /// The latest first.
    pub(crate) orders: Vec<RecordedOrder>,
    /// All orders after this instant are in `orders`.
    pub(crate) complete_since: Timestamp,
    /// What other services tell and interactions, where they were asked for.
    pub(crate) heard: Heard,
    /// How well things stand, and until when at least.
    pub(crate) health: Option<Score>,
    pub(crate) health_until: Option<Timestamp>,
}

/// The day that it is in a zone. Days begin when the calendar says so and never come again: where the
/// clock is set back over midnight, the day before lasts until the second one.
pub(super) fn day_of(zone: &Zone, at: Timestamp) -> Date {
    let date = zone.date_of(at);
    if at < zone.start_of(date) {
        date.yesterday().unwrap_or(date)
    } else {
        date
    }
}
