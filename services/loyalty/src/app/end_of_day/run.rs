use std::time::Duration;

use jiff::civil::Date;
use tokio_util::sync::CancellationToken;

use super::EndOfDayMetrics;
use super::begin::{begin, program_of};
use super::work::{Worked, work};
use crate::app::{AppError, Loyalty};
use crate::domain::end_of_day::{Next, days_behind, next};
use crate::store::end_of_day;

/// How often is looked whether a day is over.
const INTERVAL: Duration = Duration::from_secs(10);
/// Batches of a program in one go, so that another program's day does not wait for all of them.
const MOST_BATCHES: usize = 200;

/// Ends days until it is told to stop.
pub(crate) async fn keep_ending_days(
    loyalty: Loyalty,
    metrics: EndOfDayMetrics,
    stop: CancellationToken,
) {
    let mut interval = tokio::time::interval(INTERVAL);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(interval.tick()).await.is_some() {
        loop {
            match catch_up(&loyalty, &metrics, &stop).await {
                Ok(true) if !stop.is_cancelled() => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "the end of a day could not go on; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Goes on with the ends of days of all programs; true when there is more to do.
pub(crate) async fn catch_up(
    loyalty: &Loyalty,
    metrics: &EndOfDayMetrics,
    stop: &CancellationToken,
) -> Result<bool, AppError> {
    let mut is_more = false;
    for program_id in end_of_day::programs(loyalty.db.pool()).await? {
        is_more |= catch_up_program(loyalty, metrics, stop, &program_id).await?;
    }
    metrics.stuck(end_of_day::stuck(loyalty.db.pool()).await?);
    Ok(is_more)
}

async fn catch_up_program(
    loyalty: &Loyalty,
    metrics: &EndOfDayMetrics,
    stop: &CancellationToken,
    program_id: &str,
) -> Result<bool, AppError> {
    for _ in 0..MOST_BATCHES {
        if stop.is_cancelled() {
            return Ok(false);
        }
        let (come, today) = what_comes(loyalty, metrics, program_id).await?;
        match come {
            Next::Nothing => return retry(loyalty, metrics, program_id).await,
            Next::Ask(day) => {
                tracing::error!(
                    loyalty.program = program_id,
                    %day,
                    %today,
                    "days are missing; is the clock right? RunEndOfDay lets them be caught up on"
                );
                return Ok(false);
            }
            Next::Begin(day) => {
                let mut db = loyalty.db.pool().acquire().await?;
                let program = program_of(loyalty, &mut db, program_id, day).await?;
                drop(db);
                begin(loyalty, &program, day).await?;
            }
            Next::Continue(day) => match work(loyalty, metrics, program_id, day).await? {
                Worked::Some => {}
                Worked::AllDone => finish(loyalty, program_id, day).await?,
                // Others are at what is left.
                Worked::Nothing => return Ok(false),
            },
        }
    }
    Ok(true)
}

async fn what_comes(
    loyalty: &Loyalty,
    metrics: &EndOfDayMetrics,
    program_id: &str,
) -> Result<(Next, Date), AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    let last = end_of_day::last(&mut *db, program_id).await?;
    let approved = end_of_day::approved_until(&mut *db, program_id).await?;
    let program = loyalty
        .programs
        .at(&mut db, program_id, loyalty.now())
        .await?;
    let today = program.document.zone.date_of(loyalty.now());
    metrics.behind(program_id, days_behind(last, today));
    Ok((next(last, today, approved), today))
}

async fn finish(loyalty: &Loyalty, program_id: &str, day: Date) -> Result<(), AppError> {
    if end_of_day::finish(loyalty.db.pool(), program_id, day, loyalty.now()).await? {
        tracing::info!(loyalty.program = program_id, %day, "the day is ended");
    }
    Ok(())
}

/// Tries again what an operator has let be tried again, of days that are ended.
async fn retry(
    loyalty: &Loyalty,
    metrics: &EndOfDayMetrics,
    program_id: &str,
) -> Result<bool, AppError> {
    let mut is_more = false;
    for day in end_of_day::unfinished_days(loyalty.db.pool(), program_id).await? {
        is_more |= matches!(work(loyalty, metrics, program_id, day).await?, Worked::Some);
    }
    Ok(is_more)
}
