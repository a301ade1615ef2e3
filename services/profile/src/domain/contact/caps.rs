//! How often is too often.

use calendar::{Unit, Zone};
use jiff::{SignedDuration, Timestamp};

use super::ledger::Held;
use super::topic::{Channel, Purpose, Topic};

/// Its name, by which obstacles refer to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CapId(pub(crate) String);

/// What contacts are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// A day, week or month where the customer lives.
    Calendar(Unit),
    /// The last so many hours.
    Rolling { hours: u16 },
}

/// At most so many contacts in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cap {
    pub(crate) id: CapId,
    /// That count together; empty: all.
    pub(crate) channels: Vec<Channel>,
    /// That count together; empty: all.
    pub(crate) purposes: Vec<Purpose>,
    /// 1 or more.
    pub(crate) limit: usize,
    pub(crate) window: Window,
}

impl Cap {
    /// Whether contacts about this topic count.
    pub(crate) fn counts(&self, topic: &Topic) -> bool {
        let by_channel = self.channels.is_empty() || self.channels.contains(&topic.channel);
        let by_purpose = self.purposes.is_empty() || self.purposes.contains(&topic.purpose);
        by_channel && by_purpose
    }

    /// From when on a contact no longer counts if nothing happens until then. A reservation counts in
    /// every window until it ends, because it may be confirmed at any time until then.
    pub(crate) fn leaves(&self, held: &Held, zone: &Zone) -> Timestamp {
        held.reserved_until.unwrap_or_else(|| match self.window {
            Window::Calendar(unit) => zone.end_of(unit.last_day(zone.date_of(held.at))),
            Window::Rolling { hours } => later(held.at, hours),
        })
    }

    /// The earliest instant of which a contact can still count now.
    pub(crate) fn since(&self, zone: &Zone, now: Timestamp) -> Timestamp {
        match self.window {
            Window::Calendar(unit) => zone.start_of(unit.first_day(zone.date_of(now))),
            Window::Rolling { hours } => now
                .saturating_sub(SignedDuration::from_hours(hours.into()))
                .unwrap_or(Timestamp::MIN),
        }
    }

    /// The first instant, from this one on, at which fewer of them count than may.
    pub(crate) fn next_room<'a>(
        &self,
        held: impl Iterator<Item = &'a Held>,
        zone: &Zone,
        from: Timestamp,
    ) -> Timestamp {
        let leaves = held.map(|it| self.leaves(it, zone));
        let mut counted: Vec<Timestamp> = leaves.filter(|end| from < *end).collect();
        counted.sort_unstable_by(|one, two| two.cmp(one));
        // When the one at this place has left, one fewer than the limit are left.
        let place = self.limit.saturating_sub(1);
        counted.get(place).copied().unwrap_or(from)
    }
}

fn later(at: Timestamp, hours: u16) -> Timestamp {
    at.saturating_add(SignedDuration::from_hours(hours.into()))
        .unwrap_or(Timestamp::MAX)
}
