//! Earning points with an order.

use events::NewEvent;
use sqlx::PgTransaction;

use super::{AppError, Loyalty, enrol};
use crate::domain::{self, Cause, Earning, Purchase, Sale, State};
use crate::store::{ledger, sales};
use crate::wire;

/// Records the sale and earns its points, by the rules in force when it was bought. An order that
/// has a sale already earns nothing again; one of a membership that has ended never does, and
/// leaves no sale for a return to find.
pub(crate) async fn record_order(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    purchase: &Purchase,
) -> Result<(), AppError> {
    let (now, customer_id) = (loyalty.now(), purchase.customer_id);
    let member = enrol::locked(loyalty, tx, customer_id, purchase.ordered_at).await?;
    if member.wallet.state == State::Closed {
        return Ok(());
    }
    let mut sale = Sale::of(purchase, &member.program)?;
    let cause = Cause {
        reference: &purchase.order_id,
        effective_at: purchase.ordered_at,
    };
    let earning = Earning {
        points: sale.earned,
        cause,
    };
    let earned = loyalty.decide(now, |occasion| {
        domain::earn(member.wallet, earning, occasion)
    })?;

    sale.lot_id = earned.as_ref().map(|earned| earned.lot_id);
    if !sales::insert(tx, customer_id, &sale, &member.program.program_id, now).await? {
        return Ok(());
    }
    if let Some(earned) = earned {
        ledger::post(tx, customer_id, &earned.posting).await?;
        let event = wire::earned(customer_id, &sale, &earned);
        loyalty
            .outbox
            .append(tx, NewEvent::about(customer_id, Some(customer_id), &event))
            .await?;
    }
    Ok(())
}
