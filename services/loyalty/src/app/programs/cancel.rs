//! Taking back an activation before its instant.

use contract::patron::loyalty::v1 as contract;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::{ProgramsError, announce_event, found, lock, state, told};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::program::VersionState;
use crate::store::program as store;
use crate::store::program::Cancellation;
use crate::wire::programs as encode;

const METHOD: &str = "patron.loyalty.v1.ProgramService/CancelProgramActivation";

/// Takes back an activation, once for each request.
pub(crate) async fn cancel(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CancelProgramActivationRequest,
) -> Result<Response<contract::ProgramVersion>, Status> {
    let key = (METHOD, request.request_id.as_str(), false);
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answered) => return answered,
    };
    let outcome = write(loyalty, begun.transaction(), call, &request).await;
    begun.finish(loyalty, outcome).await
}

async fn write(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    request: &contract::CancelProgramActivationRequest,
) -> Result<contract::ProgramVersion, AppError> {
    let program_id = request.program_id.as_str();
    lock(loyalty, tx, program_id).await?;
    let now = loyalty.now();
    let (mut version, schedule) = found(tx, program_id, request.version).await?;
    let state = state(&version, &schedule, now);
    let scheduling = version.scheduling.as_mut();
    let Some(scheduling) = scheduling.filter(|_| state == VersionState::Scheduled) else {
        let version = version.number;
        return Err(ProgramsError::NotScheduled { version, state }.into());
    };
    let cancellation = Cancellation {
        cancelled: loyalty.deed(call),
        reason: request.reason.clone(),
    };
    store::cancel(&mut **tx, program_id, request.version, &cancellation).await?;
    store::revise(&mut **tx, program_id, loyalty.clock.new_id()).await?;
    scheduling.cancellation = Some(cancellation.clone());
    let active_from = scheduling.active_from;
    let event = encode::cancelled(&version, active_from, &cancellation);
    announce_event(&loyalty.outbox, tx, program_id, &event).await?;
    let schedule = store::schedule(&mut **tx, program_id).await?;
    told(version, &schedule, now)
}
