//! Purchases and acts, as callers see them.

use ::contract::time::{instant, timestamp};
use chassis::Refusal;
use contract::parked_rating::Reason;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use uuid::Uuid;

use super::rating::source;
use super::{amount, id, invalid};
use crate::domain::Money;
use crate::domain::happened::Act;
use crate::domain::rating::Source;
use crate::domain::sales::{EarnedBy, Earnings, Fault, Sale, SaleLine};
use crate::store;
use crate::store::rating::Key;
use crate::store::rating::parked::Parked;

/// Reads an act. `now` is when it was done where it does not say.
pub(crate) fn act(wire: contract::Activity, path: &str, now: Timestamp) -> Result<Act, Refusal> {
    let at = |field: &str| format!("{path}.{field}");
    let occurred_at = match wire.occur_time.as_ref() {
        None => now,
        Some(time) => {
            let time = instant(time).ok_or_else(|| invalid(&at("occur_time"), "must be a time"))?;
            store::kept(time)
        }
    };
    Ok(Act {
        customer_id: id(&wire.customer_id, &at("customer_id"))?,
        activity_id: wire.activity_id,
        activity_type: wire.activity_type,
        occurred_at,
        channel: wire.channel,
        attributes: wire.attributes,
    })
}

/// An act with what it earns.
pub(crate) fn activity((act, earnings): (Act, Option<Earnings>)) -> contract::Activity {
    contract::Activity {
        customer_id: act.customer_id.to_string(),
        activity_type: act.activity_type,
        activity_id: act.activity_id,
        occur_time: Some(timestamp(act.occurred_at)),
        channel: act.channel,
        attributes: act.attributes,
        points: points(earnings.as_ref()),
    }
}

/// A purchase with what it earns.
pub(crate) fn sale((sale, earnings): (Sale, Option<Earnings>)) -> contract::Sale {
    let money = |minor| {
        amount(Money {
            currency: sale.currency,
            minor,
        })
    };
    let line = |line: &SaleLine| contract::SaleLine {
        line_id: line.line_id.clone(),
        product_id: line.product_id.clone(),
        category: line.category.clone(),
        quantity: line.quantity,
        amount: Some(money(line.amount_minor)),
        returned_quantity: line.returned,
        refunded: Some(money(line.refunded_minor)),
    };
    contract::Sale {
        customer_id: sale.customer_id.to_string(),
        lines: sale.lines.iter().map(line).collect(),
        order_id: sale.order_id,
        channel: sale.channel,
        store_id: sale.store,
        order_time: Some(timestamp(sale.ordered_at)),
        program_version: earnings
            .as_ref()
            .map_or(0, |earnings| earnings.program_version),
        points: points(earnings.as_ref()),
    }
}

fn points(earnings: Option<&Earnings>) -> Vec<contract::RatedPoints> {
    let awards = earnings.into_iter().flat_map(|earnings| &earnings.awards);
    let award = |award: &EarnedBy| contract::RatedPoints {
        rule_id: award.rule_id.to_string(),
        campaign_id: award
            .campaign_id
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        wallet_id: award.wallet_id.to_string(),
        points: award.points.get(),
        line_points: award.lines.iter().map(|points| points.get()).collect(),
    };
    awards.map(award).collect()
}

/// Something that can't be rated.
pub(crate) fn parked(parked: Parked) -> contract::ParkedRating {
    let (order_id, activity_type, activity_id) = source(&parked.key.source);
    let (reason, rule_id, detail) = match parked.fault {
        Fault::Condition { rule_id, detail } => (Reason::Condition, rule_id.to_string(), detail),
        Fault::Overflow { rule_id } => (Reason::Overflow, rule_id.to_string(), String::new()),
        Fault::TooMuchAfter => (Reason::TooMuchAfter, String::new(), String::new()),
    };
    contract::ParkedRating {
        customer_id: parked.key.customer_id.to_string(),
        order_id,
        activity_type,
        activity_id,
        reason: reason.into(),
        rule_id,
        detail,
        tried_version: parked.tried_version,
        park_time: Some(timestamp(parked.parked_at)),
        attempts: parked.attempts,
    }
}

/// A purchase or an act in a page token: the member, the order, the type and id of an act.
pub(crate) type Place = (Uuid, String, String, String);

/// A purchase or an act for a page token.
pub(crate) fn place(key: &Key) -> Place {
    let (order_id, activity_type, activity_id) = source(&key.source);
    (key.customer_id, order_id, activity_type, activity_id)
}

/// A purchase or an act of a page token.
pub(crate) fn key_of((customer_id, order_id, activity_type, activity_id): Place) -> Key {
    let source = if activity_type.is_empty() {
        Source::Order(order_id)
    } else {
        Source::Act(activity_type, activity_id)
    };
    Key {
        customer_id,
        source,
    }
}

/// Reads which purchase or act is meant.
pub(crate) fn key(request: &contract::RetryParkedRatingRequest) -> Result<Key, Refusal> {
    let source = match (
        request.order_id.as_str(),
        request.activity_type.as_str(),
        request.activity_id.as_str(),
    ) {
        (order_id, "", "") if !order_id.is_empty() => Source::Order(order_id.to_owned()),
        ("", kind, activity_id) if !kind.is_empty() && !activity_id.is_empty() => {
            Source::Act(kind.to_owned(), activity_id.to_owned())
        }
        _ => {
            let rule = "must be there, or both activity_type and activity_id";
            return Err(invalid("order_id", rule));
        }
    };
    Ok(Key {
        customer_id: id(&request.customer_id, "customer_id")?,
        source,
    })
}
