//! What follows those who have left: points that others held when they went.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::found;
use super::leave::take_home;
use crate::app::books::{Books, Need};
use crate::app::set_aside::set_aside;
use crate::app::{AppError, Loyalty};
use crate::store::households as store;

/// How long points rest that were let go.
const REST: Duration = Duration::from_secs(15);
/// Members who are looked at together.
const BATCH: i64 = 200;

/// Hands out what members are still owed of pools that they have left, until it is told to stop.
pub(crate) async fn pay_out(loyalty: Loyalty, stop: CancellationToken) {
    loop {
        if let Err(error) = turn(&loyalty).await {
            tracing::warn!(%error, "points of households follow at the next turn");
        }
        let rest = tokio::time::sleep(REST);
        if stop.run_until_cancelled(rest).await.is_none() {
            return;
        }
    }
}

pub(super) async fn turn(loyalty: &Loyalty) -> Result<(), AppError> {
    for (household_id, customer_id) in store::owed(loyalty.db.pool(), BATCH).await? {
        let handed = hand_out(loyalty, household_id, customer_id).await;
        set_aside(handed, "the payment of a household", household_id)?;
    }
    Ok(())
}

async fn hand_out(
    loyalty: &Loyalty,
    household_id: Uuid,
    customer_id: Uuid,
) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let needs = [
        Need::of(customer_id),
        Need::of_pool(household_id).brought_by(customer_id),
    ];
    let mut books = Books::open(loyalty, &mut tx, &needs).await?;
    // Who has come back leaves the points where they are.
    let is_back = books.member(customer_id)?.household_id == Some(household_id);
    let household = found(&mut tx, household_id).await?;
    if is_back {
        return Ok(());
    }
    let still_held = take_home(loyalty, &mut tx, &mut books, &household, customer_id).await?;
    for wallet_id in &household.wallet_ids {
        if books.own_wallet(customer_id, *wallet_id).is_ok() {
            books.gather(customer_id, *wallet_id)?;
        }
    }
    store::set_owed(&mut tx, household_id, customer_id, still_held.is_positive()).await?;
    books.write(&mut tx).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}
