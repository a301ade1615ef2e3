//! Taking earned points back after a return.

use events::NewEvent;
use jiff::Timestamp;
use sqlx::{PgConnection, PgTransaction};

use super::{AppError, Loyalty};
use crate::domain::{self, Cause, ClawBack, Points, Return, Wallet};
use crate::store::{ledger, lots, members, sales};
use crate::wire;

/// Takes back what the remaining basket would not have earned. A return that was taken into account
/// before takes nothing again. A return of an order that earned nothing here, because it is older
/// than the membership or the feed, has nothing to take.
pub(crate) async fn record_return(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    back: &Return,
) -> Result<(), AppError> {
    let (now, customer_id) = (loyalty.now(), back.customer_id);
    let Some(member) = members::lock(tx, customer_id, now).await? else {
        return Ok(());
    };
    let Some(found) = sales::of_return(tx, back)
        .await?
        .filter(|found| !found.known)
    else {
        return Ok(());
    };
    let after = found.sale.after(back, &found.program)?;
    let claw = ClawBack {
        points: after.clawed_back.minus(found.sale.clawed_back)?,
        own_lot: found.sale.lot_id,
        cause: Cause {
            reference: &back.return_id,
            effective_at: back.returned_at,
        },
    };
    let mut wallet = member.wallet;
    load_lots(tx, &mut wallet, back, claw, now).await?;
    let taken = loyalty.decide(now, |occasion| domain::claw_back(wallet, claw, occasion))?;

    sales::record_return(tx, back, &after, now).await?;
    if let Some(taken) = taken {
        ledger::post(tx, customer_id, &taken.posting).await?;
        let event = wire::clawed_back(back, claw.points, &taken);
        loyalty
            .outbox
            .append(tx, NewEvent::about(customer_id, Some(customer_id), &event))
            .await?;
    }
    Ok(())
}

/// The sale's own lot; and others only when that one does not hold enough.
async fn load_lots(
    db: &mut PgConnection,
    wallet: &mut Wallet,
    back: &Return,
    claw: ClawBack<'_>,
    now: Timestamp,
) -> Result<(), AppError> {
    let mut found = Vec::new();
    if let Some(lot_id) = claw.own_lot {
        found.extend(lots::find(db, back.customer_id, lot_id).await?);
    }
    let own = found.first().map_or(Points::ZERO, |lot| lot.available);
    if own < claw.points {
        found.extend(lots::spendable(db, back.customer_id, claw.points, now).await?);
    }
    wallet.lots = found.into_iter().map(|lot| (lot.lot_id, lot)).collect();
    Ok(())
}
