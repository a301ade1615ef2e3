use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::app::{AppError, Loyalty};
use crate::domain::program::{Program, Schedule};

/// The schedules of programs, each read once.
#[derive(Default)]
pub(super) struct Shelf {
    schedules: HashMap<String, Arc<Schedule>>,
}

impl Shelf {
    /// The version by whose rules something of an instant is rated.
    pub(super) async fn at(
        &mut self,
        loyalty: &Loyalty,
        db: &mut PgConnection,
        program_id: &str,
        instant: Timestamp,
    ) -> Result<Arc<Program>, AppError> {
        let schedule = match self.schedules.get(program_id) {
            Some(schedule) => Arc::clone(schedule),
            None => loyalty.programs.schedule(db, program_id).await?,
        };
        self.schedules
            .insert(program_id.to_owned(), Arc::clone(&schedule));
        let version = schedule
            .at(instant)
            .ok_or_else(|| AppError::ProgramNotFound {
                program_id: program_id.to_owned(),
            })?;
        loyalty.programs.version(db, program_id, version).await
    }
}
