//! Programs: drafted, looked at, scheduled, superseded; and the versions in force, ready for use.

pub(crate) mod activate;
mod announce;
mod cache;
pub(crate) mod cancel;
pub(crate) mod create;
pub(crate) mod draft;
mod error;
pub(crate) mod preview;
pub(crate) mod read;
pub(crate) mod revert;
mod seed;
mod soundness;

use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;
use events::{NewEvent, Outbox};
use idempotency::{Claim, Claimed};
use jiff::Timestamp;
use prost::{Message, Name};
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};
use uuid::Uuid;

use super::{AppError, Call, DEFAULT_PROGRAM, Loyalty};
use crate::domain::program::{Schedule, VersionState};
use crate::store;
use crate::store::program::{Deed, Locked, Version};
use crate::wire::programs as encode;

pub(crate) use announce::run as announce;
pub(crate) use cache::Programs;
pub(crate) use error::ProgramsError;
pub(crate) use soundness::alone as sound;

/// A request that is about to have its effect; or, with `validate_only`, to show what it would be.
pub(crate) enum Begun<Q, R> {
    Claimed(Claimed<Q, R>),
    Trial(PgTransaction<'static>),
}

impl<Q: Message + Name, R: Message + Default> Begun<Q, R> {
    pub(crate) fn transaction(&mut self) -> &mut PgTransaction<'static> {
        match self {
            Self::Claimed(claimed) => claimed.transaction(),
            Self::Trial(tx) => tx,
        }
    }

    /// Ends it: what was claimed is kept with its outcome, what was tried is taken back.
    pub(crate) async fn finish(
        self,
        loyalty: &Loyalty,
        outcome: Result<R, AppError>,
    ) -> Result<Response<R>, Status> {
        match self {
            Self::Claimed(claimed) => loyalty.finish(claimed, outcome).await,
            // Dropping the transaction takes everything back.
            Self::Trial(_) => Ok(Response::new(outcome.map_err(Refusal::from)?)),
        }
    }
}

impl Loyalty {
    /// Begins a request that has its effect once, however often it comes. `Err`, also with an answer
    /// of success, is what it was answered before.
    pub(crate) async fn begin<Q, R>(
        &self,
        call: &Call,
        request: &Q,
        (method, request_id, is_trial): (&'static str, &str, bool),
    ) -> Result<Begun<Q, R>, Result<Response<R>, Status>>
    where
        Q: Message + Name,
        R: Message + Default,
    {
        if is_trial {
            let tx = self.db.begin_with_deadline(call.deadline.remaining()).await;
            let tx = tx.map_err(|error| Err(Refusal::from(AppError::from(error)).into()));
            return tx.map(Begun::Trial);
        }
        let refused = |refusal: Refusal| Err(refusal.into());
        let claim = self.claim(call, (method, request_id), request).await;
        match claim.map_err(refused)? {
            Claim::Fresh(claimed) => Ok(Begun::Claimed(claimed)),
            Claim::Replayed(answer) => Err(answer),
        }
    }

    fn deed(&self, call: &Call) -> Deed {
        Deed {
            at: self.now(),
            by: call.caller.clone(),
        }
    }
}

/// Locks a program before it is changed. The default one is made first if need be.
async fn lock(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program_id: &str,
) -> Result<Locked, AppError> {
    if program_id == DEFAULT_PROGRAM {
        loyalty.programs.schedule(&mut *db, program_id).await?;
    }
    let locked = store::program::lock(db, program_id).await?;
    locked.ok_or_else(|| {
        let program_id = program_id.to_owned();
        ProgramsError::NotFound { program_id }.into()
    })
}

/// A version with its document, and the schedule. Read past the cache, for one that has the program
/// locked may have changed it itself.
async fn found(
    db: &mut PgConnection,
    program_id: &str,
    version: i64,
) -> Result<(Version, Schedule), AppError> {
    let found = store::program::version(&mut *db, program_id, version).await?;
    let found = found.ok_or_else(|| ProgramsError::VersionNotFound {
        program_id: program_id.to_owned(),
        version,
    })?;
    let schedule = store::program::schedule(db, program_id).await?;
    Ok((found, schedule))
}

/// A draft, which nobody has changed since that etag was read.
fn draft_of(
    (version, schedule): &(Version, Schedule),
    etag: &str,
    now: Timestamp,
) -> Result<(), ProgramsError> {
    let state = state(version, schedule, now);
    if state != VersionState::Draft {
        let version = version.number;
        return Err(ProgramsError::NotDraft { version, state });
    }
    if !etag.is_empty() && etag != version.etag() {
        return Err(ProgramsError::EtagMismatch);
    }
    Ok(())
}

/// Where a version stands.
pub(crate) fn state(version: &Version, schedule: &Schedule, now: Timestamp) -> VersionState {
    match version.scheduling {
        None => VersionState::Draft,
        Some(_) => schedule.state(version.number, now),
    }
}

/// The subject of a program's events.
fn subject(program_id: &str) -> Uuid {
    let name = format!("patron.loyalty.program.{program_id}");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// Announces something of a program.
async fn announce_event<P: Message + Name>(
    outbox: &Outbox,
    tx: &mut PgTransaction<'_>,
    program_id: &str,
    event: &P,
) -> Result<(), AppError> {
    let event = NewEvent::about(subject(program_id), None, event);
    Ok(outbox.append(tx, event).await?)
}

/// The answer that tells a version as it now is.
fn told(
    version: Version,
    schedule: &Schedule,
    now: Timestamp,
) -> Result<contract::ProgramVersion, AppError> {
    let state = state(&version, schedule, now);
    let corrupt = corrupt(&version);
    Ok(encode::version(version, state).map_err(corrupt)?)
}

/// What it means that the document of a version can't be decoded.
fn corrupt(version: &Version) -> impl FnOnce(prost::DecodeError) -> ProgramsError + use<> {
    let (program_id, version) = (version.program_id.clone(), version.number);
    move |source| ProgramsError::Corrupt {
        program_id,
        version,
        source,
    }
}
