//! What one channel said about one person.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::{CustomerId, ImportId};

/// The channel of what is told by `CreateCustomer` and `UpdateCustomer`.
pub(crate) const CRM: &str = "crm";
/// The channel of what is known only from the identifier of an activity.
pub(crate) const ACTIVITY: &str = "activity";

/// A source record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SourceId(pub(crate) Uuid);

/// See the module. Sources are never folded away: what a channel says later replaces only what the
/// same channel said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) id: SourceId,
    /// The customer id at which it came in. Never changes.
    pub(crate) home: CustomerId,
    pub(crate) channel: String,
    /// The channel's own id of the person; unique within the channel.
    pub(crate) key: String,
    /// The file that it came with. A file's word stands beside that of calls and of other files about the same
    /// record, so that it can be taken back; the newest of them holds.
    pub(crate) import: Option<ImportId>,
    pub(crate) details: Details,
    /// When the channel saw what it says, by field; a field that is not here it says nothing about.
    /// With an empty value it says that there is none.
    pub(crate) observed: BTreeMap<Field, Timestamp>,
    /// When somebody said since that what it says of a field is still so.
    pub(crate) confirmed: BTreeMap<Field, Timestamp>,
    /// Identifiers of which it says that another source is mistaken, and since when.
    pub(crate) withdrawn: BTreeMap<(SourceId, IdentifierKey), Timestamp>,
    /// When Patron first heard of it.
    pub(crate) record_time: Timestamp,
}

impl Source {
    /// A source that has said nothing yet.
    pub(crate) fn new(
        id: SourceId,
        home: CustomerId,
        name: (&str, String),
        now: Timestamp,
    ) -> Self {
        let (channel, key) = name;
        Self {
            id,
            home,
            channel: channel.to_owned(),
            key,
            import: None,
            details: Details::default(),
            observed: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            withdrawn: BTreeMap::new(),
            record_time: now,
        }
    }

    /// Takes in what the channel says about these fields, each unless the channel has seen something
    /// newer of it. What it saw at the same instant is a correction.
    pub(crate) fn tell(&mut self, fields: &[Field], sent: &Details, observed_at: Timestamp) {
        for field in fields {
            let known = self.observed.get(field);
            if known.is_none_or(|known| *known <= observed_at) {
                if self.details.take(*field, sent) {
                    // What was confirmed was something else.
                    self.confirmed.remove(field);
                }
                self.observed.insert(*field, observed_at);
            }
        }
    }

    /// The source once it has said all that it knows.
    pub(crate) fn saying(mut self, details: &Details, observed_at: Timestamp) -> Self {
        let known: Vec<_> = Field::all().filter(|field| details.has(*field)).collect();
        self.tell(&known, details, observed_at);
        self
    }

    /// True when both are what a channel says of the same record of its own.
    pub(crate) fn is_of_record(&self, other: &Self) -> bool {
        self.home == other.home && self.channel == other.channel && self.key == other.key
    }

    /// When the channel last saw anything of it.
    pub(crate) fn last_observed(&self) -> Option<Timestamp> {
        self.observed.values().max().copied()
    }

    /// How many fields it fills.
    pub(crate) fn filled_fields(&self) -> usize {
        Field::all()
            .filter(|field| self.details.has(*field))
            .count()
    }
}
