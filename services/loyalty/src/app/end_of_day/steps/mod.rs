//! The steps of the end of a day, each for some holders that it is due for. What is due is decided
//! anew over the locked rows: what was written down when the day was begun only says where to look.

mod activate;
mod expire;
mod extend;
mod remind;
mod time_out;

use std::sync::Arc;

use jiff::civil::Date;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::app::books::{Books, Need};
use crate::app::{AppError, Loyalty, packages, tiers};
use crate::domain::end_of_day::Step;
use crate::domain::program::Program;

pub(super) use activate::activate;
pub(super) use time_out::time_out;

/// A day that is over, with the program as it was then.
#[derive(Clone, Debug)]
pub(super) struct Day {
    pub(super) program: Arc<Program>,
    pub(super) date: Date,
}

impl Day {
    /// What operations of its end refer to.
    pub(super) fn reference(&self) -> String {
        format!("end of {}", self.date)
    }
}

/// Carries a step out, and writes it.
pub(super) async fn carry_out(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    day: &Day,
    step: Step,
    holder_ids: &[Uuid],
) -> Result<(), AppError> {
    let needs: Vec<Need> = holder_ids
        .iter()
        .map(|holder_id| need(step, *holder_id))
        .collect();
    let mut books = Books::open(loyalty, tx, &needs).await?;
    match step {
        Step::Activate => {
            for holder_id in holder_ids {
                activate(&mut books, *holder_id, &day.reference())?;
            }
        }
        Step::TimeOut => time_out(loyalty, tx, &mut books, holder_ids).await?,
        Step::Expire => expire::expire(tx, &mut books, day, holder_ids).await?,
        Step::Tiers => {
            let mut news = tiers::News::default();
            for holder_id in holder_ids {
                news.time_has_passed(*holder_id);
            }
            tiers::settle(loyalty, tx, &mut books, &news).await?;
        }
        Step::Packages => {
            let today = day.date.tomorrow().unwrap_or(day.date);
            packages::give_anniversaries(loyalty, tx, &mut books, holder_ids, today).await?;
        }
        Step::Remind => remind::remind(&mut books, day, holder_ids)?,
    }
    books.write(tx).await
}

/// What a step needs to know of a holder.
fn need(step: Step, holder_id: Uuid) -> Need {
    let need = Need::of(holder_id);
    match step {
        Step::Activate | Step::Expire | Step::Remind => need.all_live_lots(),
        Step::TimeOut | Step::Tiers | Step::Packages => need,
    }
}
