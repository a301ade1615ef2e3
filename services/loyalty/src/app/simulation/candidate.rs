use std::sync::Arc;

use contract::candidate::Candidate as Which;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use prost::Message as _;
use sqlx::PgConnection;

use crate::app::programs::{ProgramsError, sound};
use crate::app::{AppError, Loyalty};
use crate::domain::program::{Program, ProgramId};
use crate::store;

/// Where the document stands in a request.
const DOCUMENT: &[&str] = &["candidate", "document"];

/// The version of a document that has none.
const UNNUMBERED: i64 = 0;

/// The program that is to be tried: a document, a version of whatever state, or the one that is in
/// force at an instant.
pub(super) async fn program(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program_id: &str,
    (candidate, at): (Option<&contract::Candidate>, Timestamp),
) -> Result<Arc<Program>, AppError> {
    let in_force = loyalty.programs.at(db, program_id, at).await?;
    match candidate.and_then(|candidate| candidate.candidate.as_ref()) {
        None => Ok(in_force),
        // Not by way of the versions that are kept ready for use: a draft may change.
        Some(Which::Version(version)) => {
            let document = store::program::document(db, program_id, *version).await?;
            let document = document.ok_or_else(|| ProgramsError::VersionNotFound {
                program_id: program_id.to_owned(),
                version: *version,
            })?;
            let document = contract::ProgramDocument::decode(document.as_slice());
            let document = document.map_err(|source| ProgramsError::Corrupt {
                program_id: program_id.to_owned(),
                version: *version,
                source,
            })?;
            compiled(program_id, *version, &document)
        }
        Some(Which::Document(document)) => compiled(program_id, UNNUMBERED, document),
    }
}

fn compiled(
    program_id: &str,
    version: i64,
    document: &contract::ProgramDocument,
) -> Result<Arc<Program>, AppError> {
    Ok(Arc::new(Program {
        program_id: ProgramId::new(program_id),
        version,
        document: sound(Some(document), DOCUMENT)?,
    }))
}
