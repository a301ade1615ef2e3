//! Where a program's days are counted.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, AmbiguousTimestamp, TimeZone, TimeZoneDatabase};

/// Names of files and stand-ins that the databases hold beside the zones.
const NOT_PLACES: [&str; 4] = ["Etc/Unknown", "Factory", "localtime", "posixrules"];

/// A time zone of the IANA database. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: Arc<str>,
    rules: TimeZone,
}

/// No time zone has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no time zone of the IANA database is called {name:?}{}", hint(did_you_mean.as_deref()))]
pub struct UnknownZone {
    /// As it was given.
    pub name: String,
    /// The same name in its right spelling, if that is all that was wrong.
    pub did_you_mean: Option<String>,
}

fn hint(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

impl Zone {
    /// The zone of a name such as `Asia/Shanghai`, in its exact spelling.
    ///
    /// The machine's database comes first, because it is the one that is kept up to date. What it
    /// lacks (slim images have none, others leave the old names out) comes from the database that
    /// is compiled in.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        let unknown = |did_you_mean| UnknownZone {
            name: name.to_owned(),
            did_you_mean,
        };
        if NOT_PLACES.contains(&name) {
            return Err(unknown(None));
        }
        let rules = jiff::tz::db()
            .get(name)
            .or_else(|_| TimeZoneDatabase::bundled().get(name))
            .map_err(|_| unknown(None))?;
        // The databases look names up in any case; documents are compared as text.
        match rules.iana_name() {
            Some(exact) if exact == name => Ok(Self {
                name: Arc::from(name),
                rules,
            }),
            exact => Err(unknown(exact.map(str::to_owned))),
        }
    }

    /// Its name in the IANA database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The day that it is there at an instant.
    pub fn date_of(&self, instant: Timestamp) -> Date {
        self.rules.to_datetime(instant).date()
    }

    /// The local time that it is there at an instant.
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.rules.to_datetime(instant)
    }

    /// The next instant after this one at which the clock there is set forward or back, or something
    /// else about the zone changes; `None` when that is not planned.
    pub fn next_change(&self, after: Timestamp) -> Option<Timestamp> {
        let next = self.rules.following(after).next();
        next.map(|transition| transition.timestamp())
    }

    /// The instant from which on it is never before this day there.
    ///
    /// Usually that is midnight. Where midnight falls into a gap, it is the end of the gap; a day
    /// that a zone skipped altogether (Apia, 30 December 2011) begins when it ends. Where the clock
    /// is set back over midnight (St. John's until 2011, 00:01 to 23:01), the minute before is taken
    /// for the day before, so that starts are in the order of their days.
    ///
    /// Days beyond the range of instants saturate.
    pub fn start_of(&self, day: Date) -> Timestamp {
        let midnight = self
            .rules
            .to_ambiguous_timestamp(DateTime::from_parts(day, Time::midnight()));
        let instant = match midnight.offset() {
            AmbiguousOffset::Unambiguous { .. } => midnight.compatible(),
            AmbiguousOffset::Gap { .. } => return self.end_of_gap(midnight),
            AmbiguousOffset::Fold { .. } => return self.last_start(day, midnight),
        };
        instant.unwrap_or_else(|_| saturated(day))
    }

    /// The instant at which a day is over there: the start of the next one.
    pub fn end_of(&self, day: Date) -> Timestamp {
        day.tomorrow()
            .map_or(Timestamp::MAX, |next| self.start_of(next))
    }

    /// The instant of the transition that leaves a local time out.
    fn end_of_gap(&self, skipped: AmbiguousTimestamp) -> Timestamp {
        // Read with the offset that holds behind the gap, the skipped time lies before it.
        let before = skipped.earlier().unwrap_or(Timestamp::MIN);
        self.rules
            .following(before)
            .next()
            .map_or(before, |transition| transition.timestamp())
    }

    /// Of the two midnights of a day, the second one if the day before came back in between.
    fn last_start(&self, day: Date, midnight: AmbiguousTimestamp) -> Timestamp {
        let first = midnight.earlier().unwrap_or_else(|_| saturated(day));
        let set_back = self.rules.following(first).next();
        match set_back {
            Some(transition) if self.date_of(transition.timestamp()) < day => {
                midnight.later().unwrap_or_else(|_| saturated(day))
            }
            _ => first,
        }
    }
}

/// The end of the range of instants that a day lies beyond.
fn saturated(day: Date) -> Timestamp {
    if day.year() > 0 {
        Timestamp::MAX
    } else {
        Timestamp::MIN
    }
}

#[cfg(test)]
mod tests;
