//! The requests that tests begin with.

use chassis::Clock;
use contract::patron::profile::v1::activity_input::Activity;
use contract::patron::profile::v1::{
    ActivityInput, CreateCustomerRequest, Customer, Identifier, IngestSourceRequest, Order,
    OrderLine, Return, ReturnLine, Source,
};
use contract::patron::r#type::v1::Money;
use jiff::{SignedDuration, Timestamp};

pub(crate) fn request_id() -> String {
    Clock::system().new_id().to_string()
}

pub(crate) fn create(customer: Customer) -> CreateCustomerRequest {
    CreateCustomerRequest {
        customer: Some(customer),
        request_id: request_id(),
        validate_only: false,
    }
}

/// What a channel saw of a person at a minute, by the channel's own id; `customer_id` may be empty.
pub(crate) fn ingest(
    customer_id: &str,
    (channel, source_key): (&str, &str),
    at: i64,
    details: Customer,
) -> IngestSourceRequest {
    let source = Source {
        customer_id: customer_id.to_owned(),
        channel: channel.to_owned(),
        source_key: source_key.to_owned(),
        details: Some(details),
        ..Source::default()
    };
    IngestSourceRequest {
        source: Some(source),
        update_mask: None,
        observe_time: Some(minute(at)),
        request_id: request_id(),
    }
}

pub(crate) fn identifier(kind: &str, value: &str) -> Identifier {
    Identifier {
        kind: kind.to_owned(),
        value: value.to_owned(),
        ..Identifier::default()
    }
}

pub(crate) fn gbp(amount_minor: i64) -> Money {
    Money {
        currency_code: "GBP".to_owned(),
        amount_minor,
    }
}

/// That many minutes after nine on a day in the past.
pub(crate) fn minute(minute: i64) -> prost_types::Timestamp {
    let nine: Timestamp = "2025-03-09T09:00:00Z".parse().unwrap();
    contract::time::timestamp(nine + SignedDuration::from_mins(minute))
}

/// An order at minute 10 with lines of these quantities and amounts; line ids count from 1.
pub(crate) fn order(customer_id: &str, order_id: &str, lines: &[(i64, i64)]) -> Order {
    let line = |(id, (quantity, amount)): (usize, &(i64, i64))| OrderLine {
        line_id: id.to_string(),
        product_id: format!("product-{id}"),
        product_name: "Tea".to_owned(),
        category: "grocery/tea".to_owned(),
        quantity: *quantity,
        amount: Some(gbp(*amount)),
        returned_quantity: 0,
    };
    Order {
        order_id: order_id.to_owned(),
        customer_id: customer_id.to_owned(),
        channel: "online".to_owned(),
        order_time: Some(minute(10)),
        lines: (1..).zip(lines).map(line).collect(),
        ..Order::default()
    }
}

/// A return at minute 20 of these quantities by line, without refunds.
pub(crate) fn give_back(customer_id: &str, ids: (&str, &str), lines: &[(&str, i64)]) -> Return {
    let (return_id, order_id) = ids;
    let line = |(line_id, quantity): &(&str, i64)| ReturnLine {
        line_id: (*line_id).to_owned(),
        quantity: *quantity,
        refund: None,
    };
    Return {
        return_id: return_id.to_owned(),
        order_id: order_id.to_owned(),
        customer_id: customer_id.to_owned(),
        return_time: Some(minute(20)),
        lines: lines.iter().map(line).collect(),
        ..Return::default()
    }
}

pub(crate) fn order_input(order: Order) -> ActivityInput {
    ActivityInput {
        activity: Some(Activity::Order(order)),
        ..ActivityInput::default()
    }
}

pub(crate) fn return_input(content: Return) -> ActivityInput {
    ActivityInput {
        activity: Some(Activity::Return(content)),
        ..ActivityInput::default()
    }
}
