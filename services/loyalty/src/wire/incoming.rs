//! What the profile service announces, as purchases and returns.

use contract::patron::profile::v1 as profile;
use contract::patron::survey::v1 as survey;
use contract::patron::r#type::v1::Money as WireMoney;
use contract::time::instant;
use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::happened::Act;
use crate::domain::sales::{Return, ReturnLine, Sale, SaleLine};
use crate::domain::{Currency, Money, MoneyError};
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

/// The customer whose birthday, or the zone in which it is kept, has changed.
pub(crate) fn birthday_changed(
    event: &profile::CustomerUpdated,
) -> Result<Option<Uuid>, MalformedEvent> {
    let fields = event.changed_fields.iter().flat_map(|mask| &mask.paths);
    let mut fields = fields.map(String::as_str);
    let is_concerned = fields.any(|field| matches!(field, "birth_date" | "time_zone"));
    is_concerned
        .then(|| customer(&event.customer_id))
        .transpose()
}

/// A purchase.
pub(crate) fn purchase(event: profile::OrderRecorded) -> Result<Sale, MalformedEvent> {
    let order = event.order.ok_or(missing("order"))?;
    let currency = currency(order.lines.first().and_then(|line| line.amount.as_ref()))?;
    let lines = order.lines.into_iter().map(|line| {
        Ok(SaleLine {
            amount_minor: minor(line.amount.as_ref(), currency, "order.lines.amount")?,
            line_id: line.line_id,
            product_id: line.product_id,
            category: line.category,
            quantity: line.quantity.max(0),
            returned: 0,
            refunded_minor: 0,
        })
    });
    Ok(Sale {
        customer_id: customer(&order.customer_id)?,
        channel: order.channel,
        store: order.store_id,
        ordered_at: time(order.order_time, "order.order_time")?,
        currency,
        lines: lines.collect::<Result<_, MalformedEvent>>()?,
        order_id: order.order_id,
    })
}

/// A return, with its lines as they were paid back.
pub(crate) fn returned(event: profile::ReturnRecorded) -> Result<Return, MalformedEvent> {
    let back = event.r#return.ok_or(missing("return"))?;
    let order = event.order.ok_or(missing("order"))?;
    let currency = currency(back.lines.first().and_then(|line| line.refund.as_ref()))?;
    let lines = back.lines.into_iter().map(|line| {
        Ok(ReturnLine {
            refund_minor: minor(line.refund.as_ref(), currency, "return.lines.refund")?,
            line_id: line.line_id,
            quantity: line.quantity.max(0),
        })
    });
    Ok(Return {
        customer_id: customer(&order.customer_id)?,
        returned_at: time(back.return_time, "return.return_time")?,
        currency,
        lines: lines.collect::<Result<_, MalformedEvent>>()?,
        return_id: back.return_id,
        order_id: order.order_id,
    })
}

/// An answer to a survey, as an act of whoever was asked. What was answered stays where it is.
pub(crate) fn survey_completed(
    event: survey::ResponseSubmitted,
    occurred_at: Timestamp,
) -> Result<Act, MalformedEvent> {
    let invitation = event.invitation.ok_or(missing("invitation"))?;
    let attributes = [
        ("questionnaire_id", invitation.questionnaire_id),
        ("has_text", event.has_text.to_string()),
    ];
    let attributes = attributes
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    Ok(Act {
        customer_id: customer(&invitation.customer_id)?,
        activity_id: event.response_id,
        activity_type: "survey_completed".to_owned(),
        occurred_at: store::kept(occurred_at),
        channel: String::new(),
        attributes: attributes
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
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

fn currency(first: Option<&WireMoney>) -> Result<Currency, MalformedEvent> {
    let first = first.ok_or(missing("lines"))?;
    Ok(Currency::parse(&first.currency_code)?)
}

/// An amount that is not below 0, in the currency of all of them.
fn minor(
    wire: Option<&WireMoney>,
    currency: Currency,
    field: &'static str,
) -> Result<i64, MalformedEvent> {
    let money = Money {
        currency: Currency::parse(&wire.ok_or(missing(field))?.currency_code)?,
        minor: wire.map(|wire| wire.amount_minor).unwrap_or_default(),
    };
    Ok(Money::sum(currency, [money])?.minor)
}
