use jiff::civil::Date;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::EndOfDayMetrics;
use super::begin::program_of;
use super::steps::{Day, carry_out};
use crate::app::{AppError, Loyalty};
use crate::domain::end_of_day::Step;
use crate::store::end_of_day;

/// Holders in one transaction. Their rows stay locked until it ends, and a redemption of one of them
/// waits: so rather few.
const BATCH: i64 = 100;

/// What became of an attempt to do something of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worked {
    /// Something was done.
    Some,
    /// All of the day is.
    AllDone,
    /// Nothing: others are at what is left.
    Nothing,
}

/// Does a batch of the first step that is not done of a day.
pub(super) async fn work(
    loyalty: &Loyalty,
    metrics: &EndOfDayMetrics,
    program_id: &str,
    day: Date,
) -> Result<Worked, AppError> {
    let mut tx = loyalty.db.begin().await?;
    let Some(step) = end_of_day::open_step(&mut *tx, program_id, day).await? else {
        return Ok(Worked::AllDone);
    };
    let of = (program_id, day, step);
    let holder_ids = end_of_day::take(&mut *tx, of, BATCH).await?;
    if holder_ids.is_empty() {
        return Ok(Worked::Nothing);
    }
    match do_all(loyalty, tx, of, &holder_ids).await {
        Ok(()) => metrics.done(step, holder_ids.len()),
        Err(error) if error.is_passing() => return Err(error),
        // One of them can't be done; the others can, each by itself.
        Err(_) => one_by_one(loyalty, metrics, of, &holder_ids).await?,
    }
    Ok(Worked::Some)
}

async fn do_all(
    loyalty: &Loyalty,
    mut tx: PgTransaction<'static>,
    of: (&str, Date, Step),
    holder_ids: &[Uuid],
) -> Result<(), AppError> {
    let (program_id, date, step) = of;
    let program = program_of(loyalty, &mut tx, program_id, date).await?;
    let day = Day { program, date };
    carry_out(loyalty, &mut tx, &day, step, holder_ids).await?;
    end_of_day::done(&mut *tx, of, holder_ids).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}

async fn one_by_one(
    loyalty: &Loyalty,
    metrics: &EndOfDayMetrics,
    of: (&str, Date, Step),
    holder_ids: &[Uuid],
) -> Result<(), AppError> {
    let (_, date, step) = of;
    for holder_id in holder_ids {
        let tx = loyalty.db.begin().await?;
        match do_all(loyalty, tx, of, &[*holder_id]).await {
            Ok(()) => metrics.done(step, 1),
            Err(error) if error.is_passing() => return Err(error),
            Err(error) => {
                metrics.failed(step);
                let is_left = end_of_day::failed(loyalty.db.pool(), of, *holder_id).await?;
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    loyalty.holder = %holder_id,
                    loyalty.step = step.name(),
                    day = %date,
                    is_left_to_operator = is_left,
                    "a step of the end of a day failed"
                );
            }
        }
    }
    Ok(())
}
