//! Taking in sales, and what came back of them, from the orders of known customers.

use jiff::Timestamp;
use postgres::DatabaseError;
use sqlx::PgConnection;

use crate::domain::{Fact, Items, Verdict, judge};
use crate::store;

/// Records the sales of orders, except those of whose ids one is there: they were told before, or
/// came as baskets, and the first counts.
pub(crate) async fn record_orders(
    transaction: &mut PgConnection,
    mut sales: Vec<Fact>,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    if sales.is_empty() {
        return Ok(());
    }
    sales.sort_by(|one, other| one.basket_id.cmp(&other.basket_id));
    store::insert(transaction, &sales, now).await.map(|_| ())
}

/// Takes what was wholly returned out of an order's basket. The order comes along, so its sale is
/// recorded first if it has never been told.
pub(crate) async fn record_return(
    transaction: &mut PgConnection,
    sale: Fact,
    kept: &Items,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let (basket_id, sold) = (sale.basket_id.clone(), sale.items.clone());
    record_orders(transaction, vec![sale], now).await?;
    if is_another_sale(transaction, &basket_id, &sold).await? {
        tracing::warn!(
            basket.id = basket_id,
            "a return of an order whose id is another basket's"
        );
        return Ok(());
    }
    let latest = store::latest(transaction, &basket_id).await?;
    let Some(next) = latest.and_then(|latest| latest.after_return(kept)) else {
        return Ok(());
    };
    store::insert(transaction, &[next], now).await.map(|_| ())
}

async fn is_another_sale(
    transaction: &mut PgConnection,
    basket_id: &str,
    sold: &Items,
) -> Result<bool, DatabaseError> {
    let firsts = store::firsts(transaction, &[basket_id]).await?;
    Ok(firsts
        .get(basket_id)
        .is_some_and(|first| judge(first, sold) == Verdict::Conflict))
}
