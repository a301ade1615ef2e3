use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::give::give;
use crate::app::books::Books;
use crate::app::{AppError, Loyalty, tiers};
use crate::domain::program::PackageOccasion;
use crate::domain::rewards::passes;
use crate::store::packages::days;
use crate::store::packages::grants::Occurrence;

/// Notes when members joined, for their anniversaries, and welcomes them.
pub(crate) async fn welcome(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_ids: &[Uuid],
) -> Result<(), AppError> {
    let mut joined: BTreeMap<Uuid, Date> = BTreeMap::new();
    for customer_id in customer_ids {
        let holder = books.holder(*customer_id)?;
        let joined_on = holder.program.document.zone.date_of(holder.enrolled_at);
        joined.insert(*customer_id, joined_on);
    }
    if joined.is_empty() {
        return Ok(());
    }
    let members: Vec<(Uuid, Date)> = joined.into_iter().collect();
    days::joined(&mut **tx, &members).await?;
    for (customer_id, _) in members {
        give_welcome(loyalty, tx, books, customer_id).await?;
    }
    Ok(())
}

async fn give_welcome(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
) -> Result<(), AppError> {
    let program = Arc::clone(&books.holder(customer_id)?.program);
    let packages = program.document.packages.iter();
    for package in packages.filter(|package| package.occasion == PackageOccasion::Welcome) {
        // Who has just joined stands on no tier, unless a tier takes nothing.
        if !package.gates.is_empty() {
            let standing = tiers::standing(tx, customer_id).await?;
            if !passes(&package.gates, &standing) {
                continue;
            }
        }
        let occurrence = Occurrence {
            package_id: package.package_id.to_string(),
            key: "welcome".to_owned(),
            reached: None,
        };
        give(loyalty, tx, books, customer_id, package, &occurrence).await?;
    }
    Ok(())
}
