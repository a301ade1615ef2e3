//! Creating a program.

use contract::patron::loyalty::v1 as contract;
use prost::Message;
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::{ProgramsError, soundness, told};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::program::Schedule;
use crate::store::program as store;
use crate::store::program::Version;

const METHOD: &str = "patron.loyalty.v1.ProgramService/CreateProgram";
/// The most programs.
const MOST_PROGRAMS: i64 = 100;

/// Creates a program with a first draft, once for each request.
pub(crate) async fn create(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::CreateProgramRequest,
) -> Result<Response<contract::ProgramVersion>, Status> {
    let key = (METHOD, request.request_id.as_str(), request.validate_only);
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
    request: &contract::CreateProgramRequest,
) -> Result<contract::ProgramVersion, AppError> {
    soundness::alone(request.document.as_ref(), &["document"])?;
    if store::count(&mut **tx).await? >= MOST_PROGRAMS {
        let (what, limit) = ("programs", MOST_PROGRAMS);
        return Err(ProgramsError::Limit { what, limit }.into());
    }
    let (program_id, created) = (&request.program_id, loyalty.deed(call));
    let revision = loyalty.clock.new_id();
    // The default one is there, also when nobody has asked for it yet.
    let is_new = *program_id != super::DEFAULT_PROGRAM
        && store::insert_program(&mut **tx, program_id, revision, &created).await?;
    if !is_new {
        let program_id = program_id.clone();
        return Err(ProgramsError::AlreadyExists { program_id }.into());
    }
    let document = request.document.as_ref();
    let draft = Version {
        program_id: program_id.clone(),
        number: 1,
        document: document.map(Message::encode_to_vec).unwrap_or_default(),
        description: request.description.clone(),
        edits: 1,
        created: created.clone(),
        updated: created,
        scheduling: None,
    };
    store::insert_draft(&mut **tx, &draft).await?;
    told(draft, &Schedule::default(), loyalty.now())
}
