use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::contract::checks::At;
use chassis::Clock;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use postgres::Database;
use prost::Message as _;
use sqlx::PgConnection;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{ProgramsError, seed};
use crate::app::AppError;
use crate::domain::program::{Program, ProgramId, Schedule};
use crate::{store, wire};

/// Versions that are kept ready for use. Orders of the present need one for each program; those that
/// come late, or are returned, need older ones.
const MOST_COMPILED: usize = 64;

/// Programs ready for use. Cheap to clone; clones share what is kept.
///
/// A version never changes once it is scheduled, so it is kept under its number. Which one is in
/// force when does change: each schedule is kept with the program's revision, which is read in the
/// caller's transaction, one row by its key. So whoever holds a transaction sees what was committed
/// before it looked, on all replicas, and nobody has to be told.
#[derive(Clone)]
pub(crate) struct Programs {
    clock: Clock,
    first: Arc<contract::ProgramDocument>,
    is_first_there: Arc<OnceCell<()>>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    schedules: HashMap<String, (Uuid, Arc<Schedule>)>,
    compiled: HashMap<(String, i64), Compiled>,
    uses: u64,
}

struct Compiled {
    program: Arc<Program>,
    /// When it was used last, in uses.
    used: u64,
}

impl Programs {
    /// With nothing kept yet, and the default program as it is where nobody has made one.
    pub(crate) fn new(clock: Clock, first: contract::ProgramDocument) -> Self {
        Self {
            clock,
            first: Arc::new(first),
            is_first_there: Arc::default(),
            kept: Arc::default(),
        }
    }

    /// Makes the default program where nobody has, for those who can't write themselves.
    pub(crate) async fn make_first(&self, db: &Database) -> Result<(), AppError> {
        let make = || async {
            let mut db = db.acquire().await?;
            self.schedule(&mut db, super::DEFAULT_PROGRAM).await?;
            Ok(())
        };
        self.is_first_there.get_or_try_init(make).await.copied()
    }

    /// The version by whose rules something of this instant is decided: the one in force then, or
    /// the first when it was before all.
    pub(crate) async fn at(
        &self,
        db: &mut PgConnection,
        program_id: &str,
        instant: Timestamp,
    ) -> Result<Arc<Program>, AppError> {
        let schedule = self.schedule(db, program_id).await?;
        let version = schedule.at(instant).ok_or_else(|| not_found(program_id))?;
        self.version(db, program_id, version).await
    }

    /// The same for whoever has read the program's revision already.
    pub(crate) async fn at_revision(
        &self,
        db: &mut PgConnection,
        program_id: &str,
        revision: Option<Uuid>,
        instant: Timestamp,
    ) -> Result<Arc<Program>, AppError> {
        let kept = revision.and_then(|revision| self.kept().schedule(program_id, revision));
        match kept.and_then(|schedule| schedule.at(instant)) {
            Some(version) => self.version(db, program_id, version).await,
            None => self.at(db, program_id, instant).await,
        }
    }

    /// A version by its number, for what was made under it.
    pub(crate) async fn version(
        &self,
        db: &mut PgConnection,
        program_id: &str,
        version: i64,
    ) -> Result<Arc<Program>, AppError> {
        if let Some(program) = self.kept().program(program_id, version) {
            return Ok(program);
        }
        let document = store::program::document(&mut *db, program_id, version).await?;
        let document = document.ok_or_else(|| ProgramsError::VersionNotFound {
            program_id: program_id.to_owned(),
            version,
        })?;
        let program = Arc::new(compile(program_id, version, &document)?);
        self.kept().keep(program_id, &program);
        Ok(program)
    }

    /// Which version of a program is in force when.
    pub(crate) async fn schedule(
        &self,
        db: &mut PgConnection,
        program_id: &str,
    ) -> Result<Arc<Schedule>, AppError> {
        let mut revision = store::program::revision(&mut *db, program_id).await?;
        if revision.is_none() && program_id == super::DEFAULT_PROGRAM {
            seed::seed(db, &self.clock, &self.first).await?;
            revision = store::program::revision(&mut *db, program_id).await?;
        }
        let revision = revision.ok_or_else(|| not_found(program_id))?;
        if let Some(schedule) = self.kept().schedule(program_id, revision) {
            return Ok(schedule);
        }
        // Read after the revision: it may be newer, and is then read once more, but never older.
        let schedule = Arc::new(store::program::schedule(db, program_id).await?);
        let kept = (revision, Arc::clone(&schedule));
        self.kept().schedules.insert(program_id.to_owned(), kept);
        Ok(schedule)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn schedule(&self, program_id: &str, revision: Uuid) -> Option<Arc<Schedule>> {
        let (kept, schedule) = self.schedules.get(program_id)?;
        (*kept == revision).then(|| Arc::clone(schedule))
    }

    fn program(&mut self, program_id: &str, version: i64) -> Option<Arc<Program>> {
        self.uses += 1;
        let compiled = self.compiled.get_mut(&(program_id.to_owned(), version))?;
        compiled.used = self.uses;
        Some(Arc::clone(&compiled.program))
    }

    fn keep(&mut self, program_id: &str, program: &Arc<Program>) {
        if self.compiled.len() >= MOST_COMPILED {
            let oldest = self.compiled.iter().min_by_key(|(_, one)| one.used);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.compiled.remove(&key);
            }
        }
        let key = (program_id.to_owned(), program.version);
        let (program, used) = (Arc::clone(program), self.uses);
        self.compiled.insert(key, Compiled { program, used });
    }
}

fn compile(program_id: &str, version: i64, document: &[u8]) -> Result<Program, ProgramsError> {
    let decoded = contract::ProgramDocument::decode(document);
    let decoded = decoded.map_err(|source| ProgramsError::Corrupt {
        program_id: program_id.to_owned(),
        version,
        source,
    })?;
    let at = At::ROOT;
    let document = wire::program::document(&decoded, &at.field("document"));
    let document = document.map_err(|problems| ProgramsError::Unusable {
        program_id: program_id.to_owned(),
        version,
        problems,
    })?;
    Ok(Program {
        program_id: ProgramId::new(program_id),
        version,
        document,
    })
}

fn not_found(program_id: &str) -> ProgramsError {
    let program_id = program_id.to_owned();
    ProgramsError::NotFound { program_id }
}
