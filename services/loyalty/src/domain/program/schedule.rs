use jiff::{SignedDuration, Timestamp};

/// Which version of a program is in force when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// In the order of their instants, which are all different.
    turns: Vec<Turn>,
}

/// A version that is in force from an instant on, until the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The first instant.
    pub active_from: Timestamp,
    /// The version.
    pub version: i64,
}

/// Where a version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionState {
    /// Can be changed, thrown away, scheduled.
    Draft,
    /// In force from a later instant on.
    Scheduled,
    /// In force.
    Active,
    /// Was in force.
    Superseded,
    /// Was scheduled, and cancelled before its instant.
    Cancelled,
}

/// Why a version can't be in force from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnError {
    /// What has happened since then was decided by other rules.
    #[error("{active_from} has passed; it is {now}")]
    InPast {
        /// The instant.
        active_from: Timestamp,
        /// The present one.
        now: Timestamp,
    },
    /// Of two versions with one instant none could be told to be in force.
    #[error("version {version} comes into force at {active_from} already")]
    Taken {
        /// The instant.
        active_from: Timestamp,
        /// The other version.
        version: i64,
    },
}

impl Schedule {
    /// Of these turns, in any order.
    pub fn new(mut turns: Vec<Turn>) -> Self {
        turns.sort_unstable_by_key(|turn| turn.active_from);
        Self { turns }
    }

    /// All turns, in the order of time.
    pub fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// The version by whose rules something of this instant is decided. What was before the first
    /// version goes by the first; `None` when there is none.
    pub fn at(&self, instant: Timestamp) -> Option<i64> {
        let turn = self.turn(instant).or_else(|| self.turns.first());
        turn.map(|turn| turn.version)
    }

    /// The turn that this instant lies in; `None` before the first.
    pub fn turn(&self, instant: Timestamp) -> Option<&Turn> {
        let begun = self.begun(instant).checked_sub(1)?;
        self.turns.get(begun)
    }

    /// The first turn after an instant.
    pub fn next_after(&self, instant: Timestamp) -> Option<&Turn> {
        self.turns.get(self.begun(instant))
    }

    /// The version that the turn of another one ended; `None` when it was the first.
    pub fn before(&self, version: i64) -> Option<i64> {
        let place = self.turns.iter().position(|turn| turn.version == version)?;
        let before = self.turns.get(place.checked_sub(1)?)?;
        Some(before.version)
    }

    /// Where a version that was scheduled stands at an instant. One that has no turn was cancelled.
    pub fn state(&self, version: i64, now: Timestamp) -> VersionState {
        let place = self.turns.iter().position(|turn| turn.version == version);
        let Some(place) = place else {
            return VersionState::Cancelled;
        };
        let begun = self.begun(now);
        if place >= begun {
            VersionState::Scheduled
        } else if place + 1 == begun {
            VersionState::Active
        } else {
            VersionState::Superseded
        }
    }

    /// From when on another version can be in force: from the instant that is wanted, or at once.
    pub fn admit(&self, wanted: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, TurnError> {
        let active_from = wanted.unwrap_or_else(|| self.at_once(now));
        if active_from < now {
            return Err(TurnError::InPast { active_from, now });
        }
        let taken = self
            .turns
            .iter()
            .find(|turn| turn.active_from == active_from);
        match taken {
            Some(&Turn { version, .. }) => Err(TurnError::Taken {
                active_from,
                version,
            }),
            None => Ok(active_from),
        }
    }

    /// Now; or, when a version has come into force this very instant, right after it.
    fn at_once(&self, now: Timestamp) -> Timestamp {
        let last = self.turn(now).filter(|turn| turn.active_from == now);
        let after = last.and_then(|_| now.checked_add(SignedDuration::from_micros(1)).ok());
        after.unwrap_or(now)
    }

    /// How many turns have begun.
    fn begun(&self, instant: Timestamp) -> usize {
        self.turns
            .partition_point(|turn| turn.active_from <= instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Timestamp {
        format!("2026-01-{day}T00:00:00Z").parse().unwrap()
    }

    fn schedule() -> Schedule {
        // Version 2 was drafted before 3 and comes into force after it.
        let turn = |day, version| Turn {
            active_from: at(day),
            version,
        };
        Schedule::new(vec![turn("20", 2), turn("05", 1), turn("10", 3)])
    }

    #[test]
    fn the_instant_decides_and_what_was_before_all_goes_by_the_first() {
        let versions = ["01", "05", "09", "10", "19", "20", "31"];
        let versions = versions.map(|day| schedule().at(at(day)).unwrap());
        assert_eq!(versions, [1, 1, 1, 3, 3, 2, 2]);
        assert_eq!(Schedule::default().at(at("01")), None);
        assert_eq!(schedule().before(2), Some(3));
        assert_eq!(schedule().before(1), None);
        assert_eq!(schedule().next_after(at("10")).unwrap().version, 2);
    }

    #[test]
    fn a_version_is_scheduled_then_active_then_superseded() {
        use VersionState::{Active, Cancelled, Scheduled, Superseded};
        let states = |day| [1, 3, 2, 9].map(|version| schedule().state(version, at(day)));
        assert_eq!(states("01"), [Scheduled, Scheduled, Scheduled, Cancelled]);
        assert_eq!(states("10"), [Superseded, Active, Scheduled, Cancelled]);
        assert_eq!(states("25"), [Superseded, Superseded, Active, Cancelled]);
    }

    #[test]
    fn no_version_comes_into_force_in_the_past_or_together_with_another() {
        let admit = |wanted, now| schedule().admit(wanted, at(now));
        assert_eq!(admit(Some(at("15")), "15"), Ok(at("15")));
        assert_eq!(admit(None, "15"), Ok(at("15")));
        assert_eq!(
            admit(Some(at("14")), "15"),
            Err(TurnError::InPast {
                active_from: at("14"),
                now: at("15")
            })
        );
        let taken = TurnError::Taken {
            active_from: at("20"),
            version: 2,
        };
        assert_eq!(admit(Some(at("20")), "15"), Err(taken));
        let right_after = at("10") + SignedDuration::from_micros(1);
        assert_eq!(admit(None, "10"), Ok(right_after));
    }
}
