//! What becomes of an order, and of a return, that the profile service announces.

use chassis::Clock;
use contract::patron::profile::v1::{Order, OrderLine, OrderRecorded, ReturnRecorded};
use contract::time::instant;
use events::{Handler, HandlerError, Incoming};
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::domain::{Fact, Item, Items, is_goods};
use crate::store::owners::Owner;
use crate::{app, store};

/// Turns orders into baskets.
pub(crate) struct Baskets {
    pub(crate) clock: Clock,
}

/// An order that can't be understood: a defect of its sender.
#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("the event carries no order")]
    Missing,
    #[error("the order {order_id} has no valid order_time")]
    Time { order_id: String },
}

/// What an event means for baskets.
enum Change {
    Sold(Fact),
    /// The order as it was sold, and what of it the customer still has.
    Returned(Fact, Items),
}

#[async_trait::async_trait]
impl Handler for Baskets {
    async fn handle(
        &self,
        transaction: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        self.handle_all(transaction, &[event]).await
    }

    async fn handle_all(
        &self,
        transaction: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        for event in events {
            if let Some(told) = persons::told(event)? {
                persons::learn(transaction, &told).await?;
            }
        }
        for part in persons::until_restrictions(events) {
            self.record(transaction, part).await?;
            persons::restrict_told(transaction, part).await?;
        }
        Ok(())
    }
}

impl Baskets {
    /// Writes the orders between two returns by one statement, but for those of restricted customers.
    async fn record(
        &self,
        transaction: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        let now = self.clock.now();
        let customers: Vec<Uuid> = events.iter().filter_map(|it| it.customer_id()).collect();
        let restricted = persons::restricted_among(transaction, &customers).await?;
        let is_restricted = |event: &Incoming| {
            let customer = event.customer_id();
            customer.is_some_and(|id| restricted.contains(&id))
        };
        let (mut sales, mut owners) = (Vec::new(), Vec::new());
        for event in events.iter().filter(|event| !is_restricted(event)) {
            match change(event)? {
                Some(Change::Sold(sale)) => {
                    owners.extend(owner(event, &sale));
                    sales.push(sale);
                }
                Some(Change::Returned(sale, kept)) => {
                    owners.extend(owner(event, &sale));
                    app::record_orders(transaction, std::mem::take(&mut sales), now).await?;
                    app::record_return(transaction, sale, &kept, now).await?;
                }
                None => {}
            }
        }
        app::record_orders(transaction, sales, now).await?;
        Ok(store::owners::note(transaction, owners).await?)
    }
}

/// Whose basket it is, to be forgotten with the person.
fn owner(event: &Incoming, sale: &Fact) -> Option<Owner> {
    Some(Owner {
        customer: event.customer_id()?,
        basket_id: sale.basket_id.clone(),
        purchase_time: sale.purchase_time,
    })
}

fn change(event: &Incoming) -> Result<Option<Change>, HandlerError> {
    if let Some(OrderRecorded { order }) = event.payload()? {
        let order = order.ok_or(OrderError::Missing)?;
        return Ok(Some(Change::Sold(sale(&order)?)));
    }
    if let Some(ReturnRecorded { order, .. }) = event.payload()? {
        let order = order.ok_or(OrderError::Missing)?;
        return Ok(Some(Change::Returned(sale(&order)?, kept(&order))));
    }
    Ok(None)
}

/// The order as it was sold, goods only.
fn sale(order: &Order) -> Result<Fact, OrderError> {
    let purchase_time =
        order
            .order_time
            .as_ref()
            .and_then(instant)
            .ok_or_else(|| OrderError::Time {
                order_id: order.order_id.clone(),
            })?;
    Ok(Fact::sold(
        order.order_id.clone(),
        purchase_time,
        goods(order, |_| true),
    ))
}

/// The products of which the customer still has at least one piece.
fn kept(order: &Order) -> Items {
    goods(order, |line| line.returned_quantity < line.quantity)
}

fn goods(order: &Order, counts: impl Fn(&OrderLine) -> bool) -> Items {
    let lines = order
        .lines
        .iter()
        .filter(|line| is_goods(&line.category) && counts(line));
    Items::new(lines.map(|line| Item {
        product_id: line.product_id.clone(),
        name: line.product_name.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(product_id: &str, category: &str, quantity: i64, returned_quantity: i64) -> OrderLine {
        OrderLine {
            product_id: product_id.to_owned(),
            category: category.to_owned(),
            quantity,
            returned_quantity,
            ..OrderLine::default()
        }
    }

    #[test]
    fn a_product_stays_while_a_piece_of_it_does_and_services_never_count() {
        let order = Order {
            lines: vec![
                line("mug", "", 2, 2),
                line("mug", "", 1, 0),
                line("tea", "food/tea", 3, 3),
                line("pen", "", 3, 2),
                line("POST", "service/postage", 1, 0),
            ],
            ..Order::default()
        };
        let ids = |items: &Items| items.product_ids().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(ids(&goods(&order, |_| true)), ["mug", "pen", "tea"]);
        assert_eq!(ids(&kept(&order)), ["mug", "pen"]);
    }
}
