use jiff::civil::Date;

use super::begin::{program_of, what_is_due};
use crate::app::read::Page;
use crate::app::{AppError, Call, Loyalty};
use crate::domain::end_of_day::{Next, next};
use crate::store::end_of_day::{self, EndOfDay};

/// Days of a program.
pub(crate) struct Days {
    pub(crate) program_id: String,
    pub(crate) days: Vec<EndOfDay>,
}

/// A page of the days of a program that were begun, the latest first.
pub(crate) async fn days(
    loyalty: &Loyalty,
    program_id: &str,
    before: Option<Date>,
    size: u16,
) -> Result<Page<EndOfDay>, AppError> {
    let mut db = loyalty.snapshot().await?;
    // A program without days is told from one that there is not.
    loyalty
        .programs
        .at(&mut db, program_id, loyalty.now())
        .await?;
    let rows = end_of_day::page(&mut *db, program_id, before, i64::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}

/// Lets a program catch up to a day, however long it stood still, and lets what has failed be tried
/// again; the work itself goes on in the background. Or only tells what the next day asks for.
pub(crate) async fn run_until(
    loyalty: &Loyalty,
    call: &Call,
    program_id: &str,
    until: Option<Date>,
    is_trial: bool,
) -> Result<Days, AppError> {
    let now = loyalty.now();
    let mut tx = loyalty
        .db
        .begin_with_deadline(call.deadline.remaining())
        .await?;
    let program = loyalty.programs.at(&mut tx, program_id, now).await?;
    let today = program.document.zone.date_of(now);
    let yesterday = today.yesterday().unwrap_or(today);
    let until = until.map_or(yesterday, |until| until.min(yesterday));
    let days = if is_trial {
        let last = end_of_day::last(&mut *tx, program_id).await?;
        let days = match next(last, today, Some(until)) {
            Next::Begin(day) | Next::Ask(day) => {
                let program = program_of(loyalty, &mut tx, program_id, day).await?;
                end_of_day::begin(&mut *tx, program_id, day, now).await?;
                end_of_day::plan(&mut tx, &what_is_due(&program, day)).await?;
                end_of_day::page(&mut *tx, program_id, None, 1).await?
            }
            Next::Continue(_) => end_of_day::page(&mut *tx, program_id, None, 1).await?,
            Next::Nothing => Vec::new(),
        };
        tx.rollback().await?;
        days
    } else {
        let who = (call.caller.as_str(), now);
        end_of_day::approve(&mut *tx, (program_id, until), who).await?;
        end_of_day::retry_stuck(&mut *tx, program_id).await?;
        let days = end_of_day::page(&mut *tx, program_id, None, 1).await?;
        tx.commit().await?;
        days
    };
    Ok(Days {
        program_id: program_id.to_owned(),
        days,
    })
}
