//! Whether a return agrees with its order, and what it gives back.

use std::collections::HashMap;

use super::ids::CustomerId;
use super::order::RecordedOrder;
use super::refund::{self, Line, Returned};
use super::returns::{Refunds, Return, ReturnLine};

/// How a return contradicts its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Contradiction {
    #[error("the order is another customer's")]
    OrderOfAnotherCustomer,
    #[error("the return happened before its order")]
    ReturnBeforeOrder,
    #[error("the refund is in another currency than the order")]
    CurrencyMismatch,
    #[error("the order has no such line")]
    ReturnLineUnknown,
    #[error("more pieces are returned than were bought")]
    ReturnExceedsOrder,
    #[error("more money is returned than the line cost")]
    RefundExceedsLine,
}

/// The effect of a return: what it pays back, and what is back of each of the order's lines then.
#[derive(Debug)]
pub(crate) struct Settlement {
    pub(crate) refunds: Refunds,
    pub(crate) returned: Vec<Returned>,
}

/// Decides over a return of a customer whose order is known.
pub(crate) fn settle(
    order: &RecordedOrder,
    customer: CustomerId,
    sent: &Return,
) -> Result<Settlement, Contradiction> {
    if order.customer != customer {
        return Err(Contradiction::OrderOfAnotherCustomer);
    }
    if sent.time < order.order.time {
        return Err(Contradiction::ReturnBeforeOrder);
    }
    if sent
        .currency
        .is_some_and(|currency| currency != order.order.currency)
    {
        return Err(Contradiction::CurrencyMismatch);
    }
    let mut returned = order.returned.clone();
    let mut lines = bought_lines(order, &mut returned);
    let by_line = sent
        .lines
        .iter()
        .map(|line| {
            let bought = lines.get_mut(line.line_id.as_str());
            bought
                .ok_or(Contradiction::ReturnLineUnknown)?
                .give_back(line)
        })
        .collect::<Result<_, _>>()?;
    Ok(Settlement {
        refunds: Refunds {
            currency: order.order.currency,
            by_line,
        },
        returned,
    })
}

/// A line of the order, and what is back of it.
struct Bought<'a> {
    quantity: i64,
    amount: i64,
    returned: &'a mut Returned,
}

fn bought_lines<'a>(
    order: &'a RecordedOrder,
    returned: &'a mut [Returned],
) -> HashMap<&'a str, Bought<'a>> {
    let lines = order.order.lines.iter().zip(returned);
    lines
        .map(|(line, returned)| {
            let bought = Bought {
                quantity: line.quantity,
                amount: line.amount,
                returned,
            };
            (line.line_id.as_str(), bought)
        })
        .collect()
}

impl Bought<'_> {
    /// Takes back the pieces; answers the refund in minor units.
    fn give_back(&mut self, line: &ReturnLine) -> Result<i64, Contradiction> {
        let before = *self.returned;
        let quantity = before
            .quantity
            .checked_add(line.quantity)
            .filter(|quantity| *quantity <= self.quantity)
            .ok_or(Contradiction::ReturnExceedsOrder)?;
        let in_proportion = || {
            let line_before = Line {
                quantity: self.quantity,
                amount: self.amount,
                before,
            };
            refund::proportional(line_before, line.quantity)
        };
        let refund = line.refund.unwrap_or_else(in_proportion);
        let refunded = before
            .refund
            .checked_add(refund)
            .filter(|refunded| *refunded <= self.amount)
            .ok_or(Contradiction::RefundExceedsLine)?;
        *self.returned = Returned {
            quantity,
            refund: refunded,
        };
        Ok(refund)
    }
}
