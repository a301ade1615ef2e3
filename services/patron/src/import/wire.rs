//! What is sent, in the JSON of the public API.

use jiff::Timestamp;
use serde::Serialize;

/// The kind of identifier by which the file names customers.
pub(crate) const IDENTIFIER_KIND: &str = "retail_account";

/// The file is that of a web shop.
const CHANNEL: &str = "online";

/// An item of `ActivityService.BatchRecordActivities`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Activity<'a> {
    identifier: Identifier<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    region_code: &'a str,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
struct Identifier<'a> {
    kind: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum What<'a> {
    Order(Order<'a>),
    Return(Return<'a>),
}

/// An order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order<'a> {
    #[serde(rename = "orderId")]
    id: &'a str,
    channel: &'static str,
    #[serde(rename = "orderTime")]
    time: Timestamp,
    lines: Vec<OrderLine<'a>>,
}

/// A line of an order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderLine<'a> {
    pub(crate) line_id: String,
    pub(crate) product_id: &'a str,
    pub(crate) product_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) category: &'static str,
    pub(crate) quantity: i64,
    pub(crate) amount: Money<'a>,
}

/// An amount.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Money<'a> {
    pub(crate) currency_code: &'a str,
    pub(crate) amount_minor: i64,
}

/// A return. It names no refunds: the server then gives back each line's amount in proportion,
/// which is the price that was paid.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Return<'a> {
    #[serde(rename = "returnId")]
    id: &'a str,
    order_id: &'a str,
    #[serde(rename = "returnTime")]
    time: Timestamp,
    lines: Vec<ReturnLine>,
}

/// A line of a return.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnLine {
    pub(crate) line_id: String,
    pub(crate) quantity: i64,
}

/// An item of `RecommendationService.BatchRecordBaskets`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Basket<'a> {
    #[serde(rename = "basketId")]
    pub(crate) id: &'a str,
    pub(crate) purchase_time: Timestamp,
    pub(crate) items: Vec<BasketItem<'a>>,
}

/// A product in a basket.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BasketItem<'a> {
    pub(crate) product_id: &'a str,
    pub(crate) product_name: &'a str,
}

impl<'a> Activity<'a> {
    /// A customer's order.
    pub(crate) fn order(
        customer: &'a str,
        region_code: &'a str,
        order_id: &'a str,
        order_time: Timestamp,
        lines: Vec<OrderLine<'a>>,
    ) -> Self {
        let order = Order {
            id: order_id,
            channel: CHANNEL,
            time: order_time,
            lines,
        };
        Self {
            identifier: Identifier::of(customer),
            region_code,
            what: What::Order(order),
        }
    }

    /// A customer's return.
    pub(crate) fn returned(
        customer: &'a str,
        region_code: &'a str,
        (return_id, order_id): (&'a str, &'a str),
        return_time: Timestamp,
        lines: Vec<ReturnLine>,
    ) -> Self {
        let back = Return {
            id: return_id,
            order_id,
            time: return_time,
            lines,
        };
        Self {
            identifier: Identifier::of(customer),
            region_code,
            what: What::Return(back),
        }
    }
}

impl<'a> Identifier<'a> {
    fn of(customer: &'a str) -> Self {
        Self {
            kind: IDENTIFIER_KIND,
            value: customer,
        }
    }
}
