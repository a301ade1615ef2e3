//! What the profile service announces, as purchases and returns.

use contract::patron::profile::v1 as profile;
use contract::patron::r#type::v1::Money as WireMoney;
use contract::time::instant;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::{Currency, Money, MoneyError, Purchase, Return};
use crate::store;

/// An event that does not keep to its contract.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MalformedEvent {
    /// A field is missing, or is not what it should be.
    #[error("the field {field} can't be used")]
    Field {
        /// Path of the field in the event.
        field: &'static str,
    },
    /// The amounts can't be added up.
    #[error("the amounts can't be used")]
    Money(#[from] MoneyError),
}

/// A customer's id.
pub(crate) fn customer(text: &str) -> Result<Uuid, MalformedEvent> {
    Uuid::try_parse(text).map_err(|_| missing("customer_id"))
}

/// A purchase. Its value is that of all its lines.
pub(crate) fn purchase(event: profile::OrderRecorded) -> Result<Purchase, MalformedEvent> {
    let order = event.order.ok_or(missing("order"))?;
    let amounts = order.lines.iter().map(|line| line.amount.as_ref());
    Ok(Purchase {
        customer_id: customer(&order.customer_id)?,
        ordered_at: time(order.order_time, "order.order_time")?,
        total: total(amounts, "order.lines.amount")?,
        order_id: order.order_id,
    })
}

/// A return. Its refund is that of all its lines, as they were paid back: the value that is left of
/// a basket is what was paid less what was paid back, whatever pieces went.
pub(crate) fn returned(event: profile::ReturnRecorded) -> Result<Return, MalformedEvent> {
    let back = event.r#return.ok_or(missing("return"))?;
    let order = event.order.ok_or(missing("order"))?;
    let refunds = back.lines.iter().map(|line| line.refund.as_ref());
    Ok(Return {
        customer_id: customer(&order.customer_id)?,
        returned_at: time(back.return_time, "return.return_time")?,
        refund: total(refunds, "return.lines.refund")?,
        leaves_nothing: order
            .lines
            .iter()
            .all(|line| line.returned_quantity >= line.quantity),
        return_id: back.return_id,
        order_id: order.order_id,
    })
}

fn missing(field: &'static str) -> MalformedEvent {
    MalformedEvent::Field { field }
}

fn time(
    wire: Option<prost_types::Timestamp>,
    field: &'static str,
) -> Result<Timestamp, MalformedEvent> {
    wire.as_ref()
        .and_then(instant)
        .map(store::kept)
        .ok_or(missing(field))
}

fn total<'a>(
    amounts: impl Iterator<Item = Option<&'a WireMoney>>,
    field: &'static str,
) -> Result<Money, MalformedEvent> {
    let amounts = amounts.map(|amount| money(amount.ok_or(missing(field))?));
    let amounts = amounts.collect::<Result<Vec<_>, _>>()?;
    let first = amounts.first().ok_or(missing(field))?;
    Ok(Money::sum(first.currency, amounts.iter().copied())?)
}

fn money(wire: &WireMoney) -> Result<Money, MalformedEvent> {
    let currency = Currency::parse(&wire.currency_code)?;
    Ok(Money {
        currency,
        minor: wire.amount_minor,
    })
}
