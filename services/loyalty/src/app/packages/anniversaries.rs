use std::sync::Arc;

use jiff::civil::Date;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::give::give;
use crate::app::books::Books;
use crate::app::{AppError, Loyalty, tiers};
use crate::domain::packages::{Due, due_on, yearly_key};
use crate::domain::program::PackageOccasion;
use crate::domain::rewards::passes;
use crate::store::packages::days;
use crate::store::packages::grants::Occurrence;

/// Gives members the packages that are due to them today because they joined on such a day.
pub(crate) async fn give_anniversaries(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_ids: &[Uuid],
    today: Date,
) -> Result<(), AppError> {
    for (customer_id, day, year) in days::joining(&mut **tx, customer_ids).await? {
        let program = Arc::clone(&books.holder(customer_id)?.program);
        let occasion = PackageOccasion::Anniversary;
        let first = Some(year.saturating_add(1));
        let due = due_on(&program.document.packages, occasion, day, first, today);
        for due in due {
            give_due(loyalty, tx, books, customer_id, due).await?;
        }
    }
    Ok(())
}

/// Gives a package for what comes every year, to whom it is for.
pub(super) async fn give_due(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    due: Due<'_>,
) -> Result<(), AppError> {
    let gates = &due.package.gates;
    if !gates.is_empty() && !passes(gates, &tiers::standing(tx, customer_id).await?) {
        return Ok(());
    }
    let occurrence = Occurrence {
        package_id: due.package.package_id.to_string(),
        key: yearly_key(due.occasion_on),
        reached: None,
    };
    give(loyalty, tx, books, customer_id, due.package, &occurrence).await
}
