//! Orders.

use contract::patron::profile::v1 as proto;
use prost::Message as _;

use super::{money, time};
use crate::domain::ids::OrderId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::money::Currency;
use crate::domain::order::{LineDraft, OrderDraft, OrderLine, RecordedOrder};
use crate::domain::refund::Returned;

/// Largest order, in bytes of its encoding. An event of at most 1 MiB must be able to hold it next
/// to a return of it.
const MAX_BYTES: usize = 640 * 1024;

/// An order that was sent; its customer is decided over elsewhere.
pub(crate) fn decode(sent: proto::Order) -> Result<OrderDraft, Invalid> {
    if sent.encoded_len() > MAX_BYTES {
        return Err(Invalid::new("lines", Problem::TooLarge));
    }
    let time = time::decode("order_time", sent.order_time.as_ref())?;
    let lines = sent.lines.into_iter().enumerate();
    let lines = lines
        .map(|(at, line)| decode_line(at, line))
        .collect::<Result<_, _>>()?;
    Ok(OrderDraft {
        id: OrderId(sent.order_id),
        channel: sent.channel,
        store_id: sent.store_id,
        time,
        lines,
    })
}

fn decode_line(at: usize, sent: proto::OrderLine) -> Result<LineDraft, Invalid> {
    Ok(LineDraft {
        line_id: sent.line_id,
        product_id: sent.product_id,
        product_name: sent.product_name,
        category: sent.category,
        quantity: sent.quantity,
        amount: money::decode(|| format!("lines[{at}].amount"), sent.amount)?,
    })
}

/// An order on record.
pub(crate) fn encode(recorded: RecordedOrder) -> proto::Order {
    let order = recorded.order;
    let lines = order.lines.into_iter().zip(recorded.returned);
    proto::Order {
        order_id: order.id.0,
        customer_id: recorded.customer.0.to_string(),
        channel: order.channel,
        store_id: order.store_id,
        order_time: Some(time::encode(order.time)),
        lines: lines
            .map(|(line, returned)| encode_line(order.currency, line, returned))
            .collect(),
        total: Some(money::encode(order.currency, order.total)),
        record_time: Some(time::encode(recorded.record_time)),
    }
}

fn encode_line(currency: Currency, line: OrderLine, returned: Returned) -> proto::OrderLine {
    proto::OrderLine {
        line_id: line.line_id,
        product_id: line.product_id,
        product_name: line.product_name,
        category: line.category,
        quantity: line.quantity,
        amount: Some(money::encode(currency, line.amount)),
        returned_quantity: returned.quantity,
    }
}
