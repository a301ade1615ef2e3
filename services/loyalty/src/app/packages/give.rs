use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::app::books::Books;
use crate::app::{AppError, Loyalty, grants};
use crate::domain::grants::{CauseKind, GrantCause};
use crate::domain::ledger::State;
use crate::domain::program::Package;
use crate::store::packages::grants::{self as given, Occurrence};
use crate::wire;

/// Gives a member a package for an occasion, unless it was given before or the membership has ended.
pub(super) async fn give(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    package: &Package,
    occurrence: &Occurrence,
) -> Result<(), AppError> {
    let holder = books.holder(customer_id)?;
    let (state, version) = (holder.state, holder.program.version);
    let now = books.now();
    if state == State::Closed
        || !given::claim(&mut **tx, customer_id, occurrence, version, now).await?
    {
        return Ok(());
    }
    let cause = cause(occurrence);
    grants::give(
        loyalty,
        tx,
        books,
        customer_id,
        &package.grants,
        &cause,
        now,
    )
    .await?;
    let event = wire::packages::granted(customer_id, package, &occurrence.key);
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    Ok(())
}

/// Takes back what a package has given.
pub(super) async fn revoke(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    occurrence: &Occurrence,
) -> Result<(), AppError> {
    let now = books.now();
    given::revoke(&mut **tx, customer_id, occurrence, now).await?;
    grants::revoke(loyalty, tx, books, customer_id, &cause(occurrence), now).await?;
    Ok(())
}

fn cause(occurrence: &Occurrence) -> GrantCause {
    let id = format!("{}/{}", occurrence.package_id, occurrence.key);
    GrantCause::new(CauseKind::Package, id)
}
