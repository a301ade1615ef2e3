//! Drafting a version, changing the draft, throwing it away.

use contract::patron::loyalty::v1 as contract;
use prost::Message as _;
use sqlx::{PgConnection, PgTransaction};
use tonic::{Response, Status};

use super::{ProgramsError, draft_of, found, lock, soundness, told};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::program::Schedule;
use crate::store::program as store;
use crate::store::program::Version;

const CREATE: &str = "patron.loyalty.v1.ProgramService/CreateProgramVersion";
const UPDATE: &str = "patron.loyalty.v1.ProgramService/UpdateProgramVersion";
const DELETE: &str = "patron.loyalty.v1.ProgramService/DeleteProgramVersion";

/// The most drafts of a program at once.
const MOST_DRAFTS: i64 = 100;

/// Where the document stands in these requests.
const DOCUMENT: &[&str] = &["program_version", "document"];

/// Drafts a version, once for each request.
pub(crate) async fn create(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CreateProgramVersionRequest,
) -> Result<Response<contract::ProgramVersion>, Status> {
    let key = (CREATE, request.request_id.as_str(), request.validate_only);
    let sent = request.program_version.clone().unwrap_or_default();
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answered) => return answered,
    };
    let outcome = insert(loyalty, begun.transaction(), call, sent).await;
    begun.finish(loyalty, outcome).await
}

async fn insert(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    sent: contract::ProgramVersion,
) -> Result<contract::ProgramVersion, AppError> {
    let program_id = sent.program_id.as_str();
    let locked = lock(loyalty, tx, program_id).await?;
    if locked.drafts >= MOST_DRAFTS {
        let (what, limit) = ("drafts", MOST_DRAFTS);
        return Err(ProgramsError::Limit { what, limit }.into());
    }
    let document = match &sent.document {
        Some(document) => {
            let sound = soundness::alone(Some(document), DOCUMENT)?;
            soundness::in_program(loyalty, tx, program_id, &sound, DOCUMENT).await?;
            document.encode_to_vec()
        }
        None => in_force(loyalty, tx, program_id).await?,
    };
    let created = loyalty.deed(call);
    let draft = Version {
        program_id: program_id.to_owned(),
        number: store::take_number(&mut **tx, program_id).await?,
        document,
        description: sent.description,
        edits: 1,
        created: created.clone(),
        updated: created,
        scheduling: None,
    };
    store::insert_draft(&mut **tx, &draft).await?;
    told(draft, &Schedule::default(), loyalty.now())
}

/// The encoded document of the version in force.
async fn in_force(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program_id: &str,
) -> Result<Vec<u8>, AppError> {
    let schedule = store::schedule(&mut *db, program_id).await?;
    let version = schedule.at(loyalty.now());
    let document = match version {
        Some(version) => store::document(db, program_id, version).await?,
        None => None,
    };
    // Without a version in force there is nothing to begin with, so one must be sent.
    document.ok_or_else(|| soundness::missing(DOCUMENT).into())
}

/// Changes a draft, once for each request.
pub(crate) async fn update(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::UpdateProgramVersionRequest,
) -> Result<Response<contract::ProgramVersion>, Status> {
    let key = (UPDATE, request.request_id.as_str(), request.validate_only);
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answered) => return answered,
    };
    let outcome = change(loyalty, begun.transaction(), call, &request).await;
    begun.finish(loyalty, outcome).await
}

async fn change(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    call: &Call,
    request: &contract::UpdateProgramVersionRequest,
) -> Result<contract::ProgramVersion, AppError> {
    let sent = request.program_version.clone().unwrap_or_default();
    let program_id = sent.program_id.as_str();
    lock(loyalty, tx, program_id).await?;
    let now = loyalty.now();
    let found = found(tx, program_id, sent.version).await?;
    draft_of(&found, &sent.etag, now)?;
    let (mut draft, schedule) = found;
    let mask = request.update_mask.as_ref();
    for path in mask.into_iter().flat_map(|mask| &mask.paths) {
        match path.as_str() {
            "document" => {
                let sound = soundness::alone(sent.document.as_ref(), DOCUMENT)?;
                soundness::in_program(loyalty, tx, program_id, &sound, DOCUMENT).await?;
                draft.document = sent.document.clone().unwrap_or_default().encode_to_vec();
            }
            "description" => draft.description.clone_from(&sent.description),
            other => {
                let path = other.to_owned();
                return Err(ProgramsError::Mask { path }.into());
            }
        }
    }
    draft.edits += 1;
    draft.updated = loyalty.deed(call);
    store::update_draft(&mut **tx, &draft).await?;
    told(draft, &schedule, now)
}

/// Throws a draft away, once for each request.
pub(crate) async fn delete(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::DeleteProgramVersionRequest,
) -> Result<Response<contract::DeleteProgramVersionResponse>, Status> {
    let key = (DELETE, request.request_id.as_str(), false);
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answered) => return answered,
    };
    let outcome = throw_away(loyalty, begun.transaction(), &request).await;
    begun.finish(loyalty, outcome).await
}

async fn throw_away(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    request: &contract::DeleteProgramVersionRequest,
) -> Result<contract::DeleteProgramVersionResponse, AppError> {
    let (program_id, version) = (request.program_id.as_str(), request.version);
    lock(loyalty, tx, program_id).await?;
    let found = found(tx, program_id, version).await?;
    draft_of(&found, &request.etag, loyalty.now())?;
    store::delete_draft(&mut **tx, program_id, version).await?;
    Ok(contract::DeleteProgramVersionResponse {})
}
