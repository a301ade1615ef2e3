//! Prizes of draws at their end, given one member after the other.

use super::Frozen;
use super::enter::give;
use crate::app::books::{Books, Need};
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Loyalty};
use crate::store::draws::winners::{self, Due};
use crate::store::draws::{self};

/// Prizes that are given in one turn.
const PRIZES: i64 = 500;

/// Gives what is due, as much as one turn takes.
pub(super) async fn give_due(loyalty: &Loyalty) -> Result<(), AppError> {
    for due in winners::due(loyalty.db.pool(), PRIZES).await? {
        let given = give_one(loyalty, &due).await;
        set_aside(given, "a prize of a draw", &due.draw_id)?;
    }
    Ok(())
}

async fn give_one(loyalty: &Loyalty, due: &Due) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let mut books = Books::open(loyalty, &mut tx, &[Need::of(due.customer_id)]).await?;
    if !winners::give(&mut tx, due, books.now()).await? {
        return Ok(());
    }
    let row = draws::find(&mut *tx, &due.program_id, &due.draw_id).await?;
    if let Some(row) = row {
        let frozen = Frozen::of(loyalty, &mut tx, row).await?;
        let place = usize::try_from(due.prize).unwrap_or(usize::MAX);
        let what = (due.customer_id, due.number, place);
        give(loyalty, &mut tx, &mut books, &frozen, what).await?;
    }
    books.write(&mut tx).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}
