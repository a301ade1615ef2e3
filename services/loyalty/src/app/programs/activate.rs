//! Putting a draft in force.

use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::{announce_event, corrupt, draft_of, found, lock, soundness, told};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::program::Schedule;
use crate::store::program as store;
use crate::store::program::{Scheduling, Version};
use crate::wire::programs as encode;

const METHOD: &str = "patron.loyalty.v1.ProgramService/ActivateProgramVersion";

/// Puts a draft in force, now or later, once for each request.
pub(crate) async fn activate(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ActivateProgramVersionRequest,
    active_from: Option<Timestamp>,
) -> Result<Response<contract::ProgramVersion>, Status> {
    let key = (METHOD, request.request_id.as_str(), request.validate_only);
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answered) => return answered,
    };
    let outcome = write(loyalty, begun.transaction(), call, (&request, active_from)).await;
    begun.finish(loyalty, outcome).await
}

async fn write(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (request, active_from): (&contract::ActivateProgramVersionRequest, Option<Timestamp>),
) -> Result<contract::ProgramVersion, AppError> {
    let (program_id, version) = (request.program_id.as_str(), request.version);
    lock(loyalty, tx, program_id).await?;
    let found = found(tx, program_id, version).await?;
    draft_of(&found, &request.etag, loyalty.now())?;
    let (draft, schedule) = found;
    store::delete_draft(&mut **tx, program_id, version).await?;
    let asked = Asked {
        active_from,
        reason: &request.reason,
        reverted: None,
    };
    schedule_version(loyalty, tx, call, (draft, &schedule), asked).await
}

/// What is asked for.
pub(super) struct Asked<'a> {
    /// `None`: at once.
    pub(super) active_from: Option<Timestamp>,
    pub(super) reason: &'a str,
    pub(super) reverted: Option<i64>,
}

/// Makes a version one that is to be in force, and announces it. The program is locked.
pub(super) async fn schedule_version(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    (mut version, schedule): (Version, &Schedule),
    asked: Asked<'_>,
) -> Result<contract::ProgramVersion, AppError> {
    let now = loyalty.now();
    let active_from = schedule
        .admit(asked.active_from, now)
        .map_err(super::ProgramsError::from)?;
    let document = encode::document(&version).map_err(corrupt(&version))?;
    // Once more: what is sound is decided by the present release, and members may hold points by now
    // that they did not hold when it was drafted.
    let sound = soundness::alone(Some(&document), &["document"])?;
    let program_id = version.program_id.clone();
    soundness::in_program(loyalty, tx, &program_id, &sound, &["document"]).await?;

    let scheduling = Scheduling {
        active_from,
        scheduled: loyalty.deed(call),
        reason: asked.reason.to_owned(),
        reverted: asked.reverted,
        cancellation: None,
    };
    store::insert_document(&mut **tx, &version, &scheduling).await?;
    store::revise(&mut **tx, &program_id, loyalty.clock.new_id()).await?;
    let event = encode::scheduled(&version, &scheduling);
    announce_event(&loyalty.outbox, tx, &program_id, &event).await?;
    version.scheduling = Some(scheduling);
    let schedule = store::schedule(&mut **tx, &program_id).await?;
    told(version, &schedule, now)
}
