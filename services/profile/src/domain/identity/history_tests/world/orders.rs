//! What is bought and paid back.

use super::{POUND, World};
use crate::domain::identity::history_tests::step::{at, home, number};
use crate::domain::ids::OrderId;
use crate::domain::order::{Order, OrderLine, RecordedOrder};
use crate::domain::refund::Returned;
use crate::domain::returns::Refunds;

impl World {
    pub(super) fn buy(&mut self, of: usize, total: i64, minute: i64) -> bool {
        let id = self.next_id();
        let order = Order {
            id: OrderId(id.as_u128().to_string()),
            channel: "online".to_owned(),
            store_id: String::new(),
            time: at(minute),
            currency: *POUND,
            total,
            lines: vec![OrderLine {
                line_id: "1".to_owned(),
                product_id: "p".to_owned(),
                product_name: String::new(),
                category: String::new(),
                quantity: 1,
                amount: total,
            }],
        };
        self.traits[of].add_order(&order).unwrap();
        self.orders.push(RecordedOrder {
            customer: home(of),
            entry_id: id,
            record_time: at(self.now),
            order,
            returned: vec![Returned::default()],
        });
        true
    }

    /// A return is kept where its order is, whichever id of the person it names; of another person's it is refused.
    pub(super) fn pay_back(&mut self, of: usize, nth: usize, permille: i64) -> bool {
        let Some(place) = self.orders.len().checked_sub(nth + 1) else {
            return false;
        };
        let bought_by = self.orders[place].customer;
        if !self.person(of).has(bought_by) {
            return false;
        }
        let order = &mut self.orders[place];
        let refund = (order.order.total - order.returned[0].refund) * permille / 1_000;
        order.returned[0].refund += refund;
        let (currency, by_line) = (*POUND, vec![refund]);
        self.traits[number(bought_by)].add_return(at(self.now), &Refunds { currency, by_line });
        true
    }
}
