//! What follows from purchases and acts elsewhere in this service, in the same transaction.

use super::Desk;
use super::entry::Runs;
use crate::app::{AppError, challenges, coupons, referrals, tiers};
use crate::domain::happened::Happened;
use crate::domain::rating::Done;

impl Desk<'_, '_> {
    /// Hands on what has happened. Whoever follows undoes by a change what it did by another.
    pub(super) async fn follow(&mut self, happened: &[Happened]) -> Result<(), AppError> {
        if happened.is_empty() {
            return Ok(());
        }
        let Self {
            loyalty, tx, books, ..
        } = self;
        tiers::follow(loyalty, tx, books, happened).await?;
        challenges::follow(loyalty, tx, books, happened).await?;
        referrals::follow(loyalty, tx, books, happened).await?;
        coupons::follow(loyalty, tx, books, happened).await
    }
}

/// What the followers have to know: purchases that amount to something else than before, and acts
/// that have become known.
pub(super) fn happened(runs: &Runs<'_>) -> Vec<Happened> {
    let changes = runs.entries().filter_map(|(_, entry)| match &entry.done {
        Done::Act(act, _) => entry.is_new().then(|| Happened::Act(act.clone())),
        Done::Basket(_) => {
            let after = entry.figures();
            let sale = entry
                .sale
                .as_ref()
                .filter(|_| after != entry.before.figures)?;
            Some(Happened::Sale(sale.change(entry.before.figures, after)))
        }
    });
    changes.collect()
}
