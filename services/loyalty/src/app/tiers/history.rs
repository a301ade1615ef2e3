use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use calendar::{FIRST_DAY, Zone};
use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::PgConnection;

use crate::app::{AppError, Loyalty};
use crate::domain::program::{LadderId, Program};
use crate::domain::tiers::Era;

/// The versions of a program that have come into force, in the order of time. There is at least one.
#[derive(Debug)]
pub(crate) struct History {
    /// The one in force now.
    pub(crate) present: Arc<Program>,
    /// Each with the first day at whose beginning it was in force.
    turns: Vec<(Date, Arc<Program>)>,
}

impl History {
    async fn read(
        loyalty: &Loyalty,
        db: &mut PgConnection,
        program_id: &str,
        now: Timestamp,
    ) -> Result<Self, AppError> {
        let present = loyalty.programs.at(&mut *db, program_id, now).await?;
        let schedule = loyalty.programs.schedule(&mut *db, program_id).await?;
        let mut turns = Vec::new();
        for turn in schedule
            .turns()
            .iter()
            .filter(|turn| turn.active_from <= now)
        {
            let program = loyalty
                .programs
                .version(&mut *db, program_id, turn.version)
                .await?;
            let from = first_whole_day(&program.document.zone, turn.active_from);
            turns.push((from, program));
        }
        if turns.is_empty() {
            turns.push((FIRST_DAY, Arc::clone(&present)));
        }
        Ok(Self { present, turns })
    }

    /// The zone in which the program's days are counted.
    pub(crate) fn zone(&self) -> &Zone {
        &self.present.document.zone
    }

    /// Whether there never was a ladder.
    pub(crate) fn has_no_ladder(&self) -> bool {
        let mut programs = self.turns.iter().map(|(_, program)| program);
        programs.all(|program| program.document.tier_ladders.is_empty())
    }

    /// All ladders that there are or have been.
    pub(crate) fn ladder_ids(&self) -> BTreeSet<LadderId> {
        let ladders = self
            .turns
            .iter()
            .flat_map(|(_, program)| &program.document.tier_ladders);
        ladders.map(|ladder| ladder.ladder_id.clone()).collect()
    }

    /// The versions of one ladder.
    pub(crate) fn eras(&self, ladder_id: &LadderId) -> Vec<Era<'_>> {
        let eras = self.turns.iter().map(|(from, program)| {
            let ladder = program.document.ladder(ladder_id.as_str());
            Era::new(*from, program.version, ladder)
        });
        eras.collect()
    }
}

fn first_whole_day(zone: &Zone, from: Timestamp) -> Date {
    let day = zone.date_of(from);
    if zone.start_of(day) == from {
        return day;
    }
    day.tomorrow().unwrap_or(day)
}

/// The histories of the programs that one transaction has to do with.
#[derive(Debug, Default)]
pub(crate) struct Histories(HashMap<String, Arc<History>>);

impl Histories {
    /// That of a program.
    pub(crate) async fn of(
        &mut self,
        loyalty: &Loyalty,
        db: &mut PgConnection,
        program_id: &str,
        now: Timestamp,
    ) -> Result<Arc<History>, AppError> {
        if let Some(history) = self.0.get(program_id) {
            return Ok(Arc::clone(history));
        }
        let history = Arc::new(History::read(loyalty, db, program_id, now).await?);
        self.0.insert(program_id.to_owned(), Arc::clone(&history));
        Ok(history)
    }
}
