//! Taking earned points back after a return.

use events::NewEvent;
use sqlx::PgTransaction;

use super::books::{Books, Need, Posted};
use super::{AppError, Loyalty};
use crate::domain::Return;
use crate::domain::ledger::{Cause, ClawBack, claw_back};
use crate::store::sales;
use crate::wire;

/// Takes back what the remaining basket would not have earned. A return that was taken into account
/// before takes nothing again. A return of an order that earned nothing here, because it is older
/// than the membership or the feed, has nothing to take.
pub(crate) async fn record_return(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    back: &Return,
) -> Result<(), AppError> {
    let customer_id = back.customer_id;
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    if books.holder(customer_id).is_err() {
        return Ok(());
    }
    let found = sales::of_return(tx, back).await?;
    let Some(found) = found.filter(|found| !found.known) else {
        return Ok(());
    };
    let after = found.sale.after(back, &found.program)?;
    let points = after.clawed_back.minus(found.sale.clawed_back)?;
    let mut need = Need::of(customer_id).spending(points);
    if let Some(lot_id) = found.sale.lot_id {
        need = need.lots_from(lot_id);
    }
    books.reach(loyalty, tx, &[need]).await?;
    let claw = ClawBack {
        points,
        own_lots: found.sale.lot_id.as_slice(),
        cause: Cause {
            reference: &back.return_id,
            effective_at: back.returned_at,
        },
    };
    let wallet = books.wallet(customer_id, None)?;
    let policies = books.policies(customer_id, wallet.wallet_id())?;
    let taken = books.decide(|occasion| claw_back(wallet, claw, &policies, occasion))?;
    sales::record_return(tx, back, &after, books.now()).await?;
    if let Some(taken) = taken {
        let event = wire::clawed_back(back, points, &taken);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
        books.post(Posted::new(customer_id, taken.posting))?;
    }
    books.write(tx).await
}
