//! Putting an older document in force again.

use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::activate::{Asked, schedule_version};
use super::{ProgramsError, found, lock, state};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::program::VersionState;
use crate::store::program as store;
use crate::store::program::Version;

const METHOD: &str = "patron.loyalty.v1.ProgramService/RevertProgram";

/// Makes the document of an older version that of a new one, and puts that in force; once for each
/// request.
pub(crate) async fn revert(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::RevertProgramRequest,
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
    (request, active_from): (&contract::RevertProgramRequest, Option<Timestamp>),
) -> Result<contract::ProgramVersion, AppError> {
    let program_id = request.program_id.as_str();
    lock(loyalty, tx, program_id).await?;
    let (older, schedule) = found(tx, program_id, request.version).await?;
    let state = state(&older, &schedule, loyalty.now());
    // A draft was never in force, so there is nothing to go back to: it is activated.
    if state == VersionState::Draft {
        let version = older.number;
        return Err(ProgramsError::NotScheduled { version, state }.into());
    }
    let created = loyalty.deed(call);
    let version = Version {
        number: store::take_number(&mut **tx, program_id).await?,
        edits: 1,
        created: created.clone(),
        updated: created,
        scheduling: None,
        ..older
    };
    let asked = Asked {
        active_from,
        reason: &request.reason,
        reverted: Some(request.version),
    };
    schedule_version(loyalty, tx, call, (version, &schedule), asked).await
}
