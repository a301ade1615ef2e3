use jiff::civil::{Date, date};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{News, settle};
use crate::app::books::Books;
use crate::app::{AppError, Loyalty};
use crate::domain::tiers::Addition;
use crate::store::ledger::holders::Merged;
use crate::store::tiers::metrics::{self, NewAddition};

/// Before everything that counts.
const BEGINNING: Date = date(1, 1, 1);

/// Counts for one member what counted for another, on the same days, and settles where it stands.
/// Both are open in the books.
pub(crate) async fn take_over(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    (from, to): (Uuid, Uuid),
    reference: &str,
) -> Result<(), AppError> {
    let mut counted = metrics::since(tx, &[(from, BEGINNING)]).await?;
    let counted = counted.remove(&from).unwrap_or_default();
    count(loyalty, tx, books, (to, counted), reference).await
}

/// Takes back what was taken over under a reference.
pub(crate) async fn give_back(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    reference: &str,
) -> Result<(), AppError> {
    let zone = &books.holder(customer_id)?.program.document.zone;
    let today = zone.date_of(books.now());
    let taken_over = metrics::under(tx, customer_id, reference)
        .await?
        .into_iter();
    let negated = taken_over.map(|addition| addition.negated(today)).collect();
    let reference = format!("{reference} undone");
    count(loyalty, tx, books, (customer_id, negated), &reference).await
}

/// What comes for a merged membership later, for each into which it went: as if it had been there when
/// that one took it over, so that it goes back with the rest.
pub(super) fn taken_over(
    books: &Books,
    addition: &NewAddition,
) -> Result<Vec<NewAddition>, AppError> {
    let mut further = Vec::new();
    let mut from = addition.customer_id;
    while let Some(Merged { into, merge_id }) = books.holder(from)?.merged {
        further.push(NewAddition {
            customer_id: into,
            addition_id: books.new_id(),
            reference: reference(merge_id),
            ..addition.clone()
        });
        from = into;
    }
    Ok(further)
}

/// What is counted for a membership because of a merge refers to that one.
pub(crate) fn reference(merge_id: Uuid) -> String {
    format!("merge {merge_id}")
}

async fn count(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    (customer_id, counted): (Uuid, Vec<Addition>),
    reference: &str,
) -> Result<(), AppError> {
    if counted.is_empty() {
        return Ok(());
    }
    let mut news = News::default();
    let new = counted.into_iter().map(|addition| {
        news.counts(customer_id, addition.clone(), reference);
        NewAddition {
            customer_id,
            addition_id: books.new_id(),
            addition,
            reference: reference.to_owned(),
        }
    });
    let new: Vec<NewAddition> = new.collect();
    metrics::insert(tx, &new, books.now()).await?;
    settle(loyalty, tx, books, &news).await
}
