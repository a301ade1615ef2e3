use std::sync::Arc;

use calendar::Span;
use jiff::civil::Date;
use sqlx::PgConnection;

use crate::app::{AppError, Loyalty};
use crate::domain::packages::occasions_of;
use crate::domain::program::{PackageOccasion, Program, WalletPolicy};
use crate::store::end_of_day::{self, Ending};

/// Begins a day that is over: writes down what is due, unless somebody else has. On most days of a
/// small program that is nothing, and then it is finished at once.
pub(super) async fn begin(loyalty: &Loyalty, program: &Program, day: Date) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let (program_id, now) = (program.program_id.as_str(), loyalty.now());
    if end_of_day::begin(&mut *tx, program_id, day, now).await?
        && !end_of_day::plan(&mut tx, &what_is_due(program, day)).await?
    {
        end_of_day::finish(&mut *tx, program_id, day, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What the end of a day asks for, by a program.
pub(super) fn what_is_due(program: &Program, day: Date) -> Ending<'_> {
    let document = &program.document;
    let zone = &document.zone;
    let begins = day.tomorrow().unwrap_or(day);
    let extends = |wallet: &&WalletPolicy| {
        wallet
            .expiry
            .as_ref()
            .is_some_and(|expiry| expiry.extended_by_activity)
    };
    let reminders = document.wallets().flat_map(|wallet| {
        let days_ahead = wallet
            .expiry
            .iter()
            .flat_map(|expiry| &expiry.reminder_days);
        days_ahead.map(|days| {
            let last_day = Span::days(*days).after(begins);
            (wallet.wallet_id.to_string(), zone.end_of(last_day))
        })
    });
    Ending {
        program_id: program.program_id.as_str(),
        day,
        start: zone.start_of(day),
        end: zone.end_of(day),
        extended: document
            .wallets()
            .filter(extends)
            .map(|wallet| wallet.wallet_id.to_string())
            .collect(),
        reminders: reminders.collect(),
        anniversaries: occasions_of(&document.packages, PackageOccasion::Anniversary, begins),
    }
}

/// The program as it was when a day ended: that is what the day goes by, however late it is done.
pub(super) async fn program_of(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    program_id: &str,
    day: Date,
) -> Result<Arc<Program>, AppError> {
    let present = loyalty
        .programs
        .at(&mut *db, program_id, loyalty.now())
        .await?;
    let end = present.document.zone.end_of(day);
    loyalty.programs.at(db, program_id, end).await
}
