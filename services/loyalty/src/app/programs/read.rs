//! Reading programs and their versions; checking a document.

use contract::patron::loyalty::v1 as contract;
use sqlx::PgConnection;

use super::{ProgramsError, soundness, state, told};
use crate::app::read::Page;
use crate::app::{AppError, Loyalty};
use crate::store::program as store;
use crate::store::program::{ProgramRow, Version};
use crate::wire::program::Problems;
use crate::wire::programs as encode;

/// A program, with the main figures of the version in force.
pub(crate) async fn program(
    loyalty: &Loyalty,
    program_id: &str,
) -> Result<contract::Program, AppError> {
    let mut connection = loyalty.snapshot().await?;
    let row = store::program(&mut *connection, program_id).await?;
    let row = row.ok_or_else(|| ProgramsError::NotFound {
        program_id: program_id.to_owned(),
    })?;
    with_figures(loyalty, &mut connection, row).await
}

/// A page of the programs after one of them.
pub(crate) async fn programs(
    loyalty: &Loyalty,
    after: Option<&str>,
    size: u16,
) -> Result<Page<contract::Program>, AppError> {
    let mut connection = loyalty.snapshot().await?;
    let rows = store::page(&mut *connection, after, i64::from(size) + 1).await?;
    let page = Page::cut(rows, size);
    let mut programs = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        programs.push(with_figures(loyalty, &mut connection, row).await?);
    }
    Ok(Page {
        rows: programs,
        has_more: page.has_more,
    })
}

async fn with_figures(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    row: ProgramRow,
) -> Result<contract::Program, AppError> {
    let now = loyalty.now();
    let schedule = loyalty.programs.schedule(&mut *db, &row.program_id).await?;
    let in_force = match schedule.turn(now) {
        Some(turn) => {
            let version = turn.version;
            Some(
                loyalty
                    .programs
                    .version(db, &row.program_id, version)
                    .await?,
            )
        }
        None => None,
    };
    Ok(encode::program(
        row,
        in_force.as_deref(),
        schedule.next_after(now),
    ))
}

/// A version with its document; for 0 the one in force.
pub(crate) async fn version(
    loyalty: &Loyalty,
    program_id: &str,
    version: i64,
) -> Result<contract::ProgramVersion, AppError> {
    let mut connection = loyalty.snapshot().await?;
    let now = loyalty.now();
    let schedule = loyalty
        .programs
        .schedule(&mut connection, program_id)
        .await?;
    let wanted = match version {
        0 => schedule.turn(now).map_or(0, |turn| turn.version),
        version => version,
    };
    let found = store::version(&mut *connection, program_id, wanted).await?;
    let found = found.ok_or_else(|| ProgramsError::VersionNotFound {
        program_id: program_id.to_owned(),
        version,
    })?;
    told(found, &schedule, now)
}

/// A page of the versions before one of them, the latest first, without their documents.
pub(crate) async fn versions(
    loyalty: &Loyalty,
    program_id: &str,
    before: Option<i64>,
    size: u16,
) -> Result<Page<contract::ProgramVersion>, AppError> {
    let mut connection = loyalty.snapshot().await?;
    let now = loyalty.now();
    let schedule = loyalty
        .programs
        .schedule(&mut connection, program_id)
        .await?;
    let limit = i64::from(size) + 1;
    let rows = store::versions(&mut *connection, program_id, before, limit).await?;
    let page = Page::cut(rows, size);
    let tell = |version: Version| {
        let state = state(&version, &schedule, now);
        encode::heading(version, state)
    };
    Ok(Page {
        rows: page.rows.into_iter().map(tell).collect(),
        has_more: page.has_more,
    })
}

/// Everything that is wrong with a document, also for the members of a program unless that is empty.
pub(crate) async fn problems(
    loyalty: &Loyalty,
    document: Option<&contract::ProgramDocument>,
    program_id: &str,
) -> Result<Problems, AppError> {
    const PATH: &[&str] = &["document"];
    let checked = match soundness::alone(document, PATH) {
        Ok(sound) if !program_id.is_empty() => {
            let mut connection = loyalty.snapshot().await?;
            soundness::in_program(loyalty, &mut connection, program_id, &sound, PATH).await
        }
        Ok(_) => Ok(()),
        Err(error) => Err(error.into()),
    };
    match checked {
        Ok(()) => Ok(Problems::default()),
        Err(AppError::Programs(ProgramsError::Invalid { problems })) => Ok(problems),
        Err(error) => Err(error),
    }
}
