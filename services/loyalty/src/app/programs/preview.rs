//! What a version would change.

use contract::patron::loyalty::v1 as contract;

use super::{ProgramsError, corrupt, found, soundness};
use crate::app::{AppError, Loyalty};
use crate::domain::program::warnings;
use crate::store::program as store;
use crate::wire::program::{Problems, diff};
use crate::wire::programs as encode;

const PATH: &[&str] = &["document"];

/// Compares a version with the one in force.
pub(crate) async fn preview(
    loyalty: &Loyalty,
    program_id: &str,
    version: i64,
) -> Result<contract::ProgramPreview, AppError> {
    let mut connection = loyalty.db.pool().acquire().await?;
    // Makes the default program, should nobody have asked for it yet.
    loyalty
        .programs
        .schedule(&mut connection, program_id)
        .await?;
    let now = loyalty.now();
    let (wanted, schedule) = found(&mut connection, program_id, version).await?;
    let after = encode::document(&wanted).map_err(corrupt(&wanted))?;
    let base = schedule.turn(now).map(|turn| turn.version);
    let before = match base {
        Some(base) => store::document(&mut *connection, program_id, base).await?,
        None => None,
    };
    let before = before.unwrap_or_default();
    let changes = diff::diff(&before, &wanted.document).map_err(corrupt(&wanted))?;

    let mut warned = Vec::new();
    let checked = match soundness::alone(Some(&after), PATH) {
        Ok(sound) => {
            if let Some(base) = base {
                let base = loyalty.programs.version(&mut connection, program_id, base);
                warned = warnings(&base.await?.document, &sound);
            }
            soundness::in_program(loyalty, &mut connection, program_id, &sound, PATH).await
        }
        Err(error) => Err(error.into()),
    };
    let problems = match checked {
        Ok(()) => Problems::default(),
        Err(AppError::Programs(ProgramsError::Invalid { problems })) => problems,
        Err(error) => return Err(error),
    };
    Ok(encode::preview(base, changes, &warned, &problems))
}
