use std::collections::BTreeSet;
use std::sync::Arc;

use calendar::{FIRST_DAY, Zone};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::program::{LadderId, Program};
use crate::domain::tiers::{Addition, Era};

/// Which version of a program is in force when, in a simulation.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// From the beginning of time.
    first: Arc<Program>,
    /// From an instant on, in ascending order.
    later: Vec<(Timestamp, Arc<Program>)>,
}

impl Timeline {
    /// One version, all the time.
    pub fn always(program: Arc<Program>) -> Self {
        Self {
            first: program,
            later: Vec::new(),
        }
    }

    /// One version, then others, each from an instant on; in ascending order.
    pub fn then(first: Arc<Program>, later: Vec<(Timestamp, Arc<Program>)>) -> Self {
        Self { first, later }
    }

    /// The version by whose rules something of this instant is decided.
    pub fn at(&self, instant: Timestamp) -> &Program {
        let begun = self.later.partition_point(|(from, _)| *from <= instant);
        let last = begun.checked_sub(1).and_then(|last| self.later.get(last));
        last.map_or(&self.first, |(_, program)| program)
    }

    /// The version in force at the end.
    pub fn last(&self) -> &Program {
        self.later
            .last()
            .map_or(&self.first, |(_, program)| program)
    }

    /// The zone in which days are counted.
    pub(super) fn zone(&self) -> &Zone {
        &self.last().document.zone
    }

    /// All ladders that there ever are.
    pub(super) fn ladder_ids(&self) -> BTreeSet<LadderId> {
        let later = self.later.iter().map(|(_, program)| program);
        let programs = std::iter::once(&self.first).chain(later);
        let ladders = programs.flat_map(|program| &program.document.tier_ladders);
        ladders.map(|ladder| ladder.ladder_id.clone()).collect()
    }

    /// The versions of a ladder, over what counted.
    pub(super) fn eras(&self, ladder_id: &LadderId, additions: &[Addition]) -> Vec<Era<'_>> {
        let later = self
            .later
            .iter()
            .map(|(from, program)| (first_whole_day(self.zone(), *from), program));
        let turns = std::iter::once((FIRST_DAY, &self.first)).chain(later);
        let eras = turns.map(|(from, program)| {
            let ladder = program.document.ladder(ladder_id.as_str());
            Era::new(from, program.version, ladder).counting(additions)
        });
        eras.collect()
    }
}

/// The first day at whose beginning a version was in force.
fn first_whole_day(zone: &Zone, from: Timestamp) -> Date {
    let day = zone.date_of(from);
    if zone.start_of(day) == from {
        return day;
    }
    day.tomorrow().unwrap_or(day)
}
