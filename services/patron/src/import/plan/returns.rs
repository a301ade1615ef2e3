use std::collections::BTreeMap;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use super::{Item, Kind, Planned, Planner, item};
use crate::import::codes::{Service, region};
use crate::import::hex;
use crate::import::lines::{CUSTOMER, Line, MAX_ID, PRODUCT, QUANTITY};
use crate::import::match_returns::{Cancelled, Matched};
use crate::import::problem::Reason;
use crate::import::wire::{Activity, ReturnLine};

/// Pieces that come back, by order, and within it by line.
type Pieces = BTreeMap<Rc<str>, BTreeMap<u32, i64>>;

impl Planner {
    /// One return for each order that something is taken back from.
    pub(super) fn plan_returns(&mut self, back: &[&Line], planned: &mut Planned) {
        let Some(first) = back.first() else { return };
        let mut pieces = Pieces::new();
        for line in back {
            if let Some((field, reason)) = unmatchable(line) {
                planned.report(line, field, reason);
                continue;
            }
            let matched = self.take_back(line, first);
            let found: i64 = matched.iter().map(|matched| matched.quantity).sum();
            let cancelled = -line.quantity;
            let unmatched = cancelled - found;
            if unmatched > 0 {
                let reason = Reason::NoEarlierPurchase {
                    unmatched,
                    cancelled,
                };
                planned.report(line, QUANTITY, reason);
            }
            for Matched {
                order_id,
                line,
                quantity,
            } in matched
            {
                *pieces.entry(order_id).or_default().entry(line).or_default() += quantity;
            }
        }
        for (order_id, lines) in pieces {
            planned.items.push(return_item(first, &order_id, lines));
        }
    }

    fn take_back(&mut self, line: &Line, first: &Line) -> Vec<Matched> {
        let service = Service::of(&line.product);
        self.purchases.take(&Cancelled {
            customer: &first.customer,
            product: &line.product,
            quantity: -line.quantity,
            time: first.time,
            // "Typed in by hand" is a different thing each time.
            price: service.map(|_| line.price),
        })
    }
}

/// Why a line can't be matched to any purchase.
fn unmatchable(line: &Line) -> Option<(&'static str, Reason)> {
    if Service::of(&line.product).is_some_and(Service::is_discount) {
        return Some((PRODUCT, Reason::DiscountWithoutPurchase));
    }
    line.customer
        .is_empty()
        .then_some((CUSTOMER, Reason::CancellationWithoutCustomer))
}

fn return_item(first: &Line, order_id: &str, pieces: BTreeMap<u32, i64>) -> Item {
    let return_id = return_id(&first.invoice, order_id);
    let lines = pieces.len() as u64;
    let pieces = pieces.into_iter();
    let pieces = pieces.map(|(line, quantity)| ReturnLine {
        line_id: line.to_string(),
        quantity,
    });
    let ids = (return_id.as_str(), order_id);
    let region = region(&first.country);
    let back = Activity::returned(&first.customer, region, ids, first.time, pieces.collect());
    Item {
        lines,
        ..item(Kind::Return, first, &back)
    }
}

/// `C536379:536365`, so that whoever reads it knows both. Invoice numbers are short; where the two
/// together are longer than an id may be, a digest stands for them.
fn return_id(cancellation: &str, order_id: &str) -> String {
    let readable = format!("{cancellation}:{order_id}");
    if readable.len() <= MAX_ID {
        return readable;
    }
    let digest = hex(&Sha256::digest(readable));
    digest.chars().take(MAX_ID).collect()
}
