//! A row of `orders`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::ids::{CustomerId, OrderId};
use crate::domain::money::Currency;
use crate::domain::order::{Order, OrderLine, RecordedOrder};
use crate::domain::refund::Returned;
use crate::store::{CorruptRow, StoreError};

pub(super) struct OrderRow {
    pub(super) customer_id: Uuid,
    pub(super) order_id: String,
    pub(super) entry_id: Uuid,
    pub(super) channel: String,
    pub(super) store_id: String,
    pub(super) order_time: Timestamp,
    pub(super) currency: String,
    pub(super) total_minor: i64,
    pub(super) lines: Json<Vec<LineRow>>,
    pub(super) returned: Json<Vec<(i64, i64)>>,
    pub(super) record_time: Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct LineRow {
    line: String,
    product: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    category: String,
    quantity: i64,
    amount: i64,
}

impl OrderRow {
    pub(super) fn into_domain(self) -> Result<RecordedOrder, StoreError> {
        let currency = Currency::parse(&self.currency).ok_or(CorruptRow {
            table: "orders",
            column: "currency",
        })?;
        let mut returned: Vec<_> = self
            .returned
            .0
            .into_iter()
            .map(|(quantity, refund)| Returned { quantity, refund })
            .collect();
        returned.resize(self.lines.0.len(), Returned::default());
        let order = Order {
            id: OrderId(self.order_id),
            channel: self.channel,
            store_id: self.store_id,
            time: self.order_time,
            currency,
            total: self.total_minor,
            lines: self.lines.0.into_iter().map(LineRow::into_domain).collect(),
        };
        Ok(RecordedOrder {
            customer: CustomerId(self.customer_id),
            entry_id: self.entry_id,
            record_time: self.record_time,
            order,
            returned,
        })
    }
}

impl LineRow {
    pub(super) fn all_of(lines: &[OrderLine]) -> Vec<Self> {
        let row = |line: &OrderLine| Self {
            line: line.line_id.clone(),
            product: line.product_id.clone(),
            name: line.product_name.clone(),
            category: line.category.clone(),
            quantity: line.quantity,
            amount: line.amount,
        };
        lines.iter().map(row).collect()
    }

    fn into_domain(self) -> OrderLine {
        OrderLine {
            line_id: self.line,
            product_id: self.product,
            product_name: self.name,
            category: self.category,
            quantity: self.quantity,
            amount: self.amount,
        }
    }
}

/// What came back, without the last lines of which nothing did.
pub(super) fn returned_of(returned: &[Returned]) -> Vec<(i64, i64)> {
    let some = returned
        .iter()
        .rposition(|line| *line != Returned::default());
    let kept = some.map_or(0, |last| last.saturating_add(1));
    returned
        .iter()
        .take(kept)
        .map(|line| (line.quantity, line.refund))
        .collect()
}
