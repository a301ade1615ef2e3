use std::rc::Rc;

use super::{Item, Kind, MAX_LINES, Planned, Planner, item};
use crate::import::codes::{Service, region};
use crate::import::lines::Line;
use crate::import::match_returns::Purchase;
use crate::import::problem::Reason;
use crate::import::wire::{Activity, Money, OrderLine};

impl Planner {
    /// One order of all that an invoice sold to a customer.
    pub(super) fn plan_order(&mut self, sold: &[&Line], planned: &mut Planned) {
        let Some((first, order_lines)) = self.order_lines(sold, planned) else {
            return;
        };
        let total: Option<i64> = order_lines
            .iter()
            .try_fold(0_i64, |sum, line| sum.checked_add(line.amount.amount_minor));
        let Some(amount_minor) = total else {
            planned.report(first, "", Reason::AmountOutOfRange);
            return;
        };
        let lines = order_lines.len() as u64;
        let order = Activity::order(
            &first.customer,
            region(&first.country),
            &first.invoice,
            first.time,
            order_lines,
        );
        planned.items.push(Item {
            lines,
            amount_minor,
            ..item(Kind::Order, first, &order)
        });
        self.remember(sold);
    }

    /// The first line and all as the order has them, or a problem.
    fn order_lines<'a>(
        &'a self,
        sold: &[&'a Line],
        planned: &mut Planned,
    ) -> Option<(&'a Line, Vec<OrderLine<'a>>)> {
        let first = *sold.first()?;
        if sold.len() > MAX_LINES {
            let reason = Reason::TooManyLines {
                found: sold.len(),
                most: MAX_LINES,
            };
            planned.report(first, "", reason);
            return None;
        }
        let mut lines = Vec::with_capacity(sold.len());
        for (line_id, line) in (1_u32..).zip(sold) {
            let Some(amount_minor) = line.price.times(line.quantity, self.digits) else {
                planned.report(line, "", Reason::AmountOutOfRange);
                return None;
            };
            lines.push(OrderLine {
                line_id: line_id.to_string(),
                product_id: &line.product,
                product_name: &line.name,
                category: Service::of(&line.product).map_or("", |service| service.category),
                quantity: line.quantity,
                amount: Money {
                    currency_code: &self.currency,
                    amount_minor,
                },
            });
        }
        Some((first, lines))
    }

    fn remember(&mut self, sold: &[&Line]) {
        let Some(first) = sold.first() else { return };
        let order_id = Rc::from(first.invoice.as_str());
        for (number, line) in (1..).zip(sold) {
            self.purchases.add(&Purchase {
                customer: &first.customer,
                product: &line.product,
                order_id: &order_id,
                line: number,
                quantity: line.quantity,
                price: line.price,
                time: first.time,
            });
        }
    }
}
