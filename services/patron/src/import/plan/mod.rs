//! From invoices to what is sent. Pure: the same file always gives the same items.
//!
//! | what the file has | what becomes of it |
//! |---|---|
//! | lines of a customer | one order per invoice; services are lines of it (see `codes.rs`) |
//! | the same line twice | two lines of the order |
//! | pieces of a customer that come back | returns of the matched orders (see `match_returns.rs`) |
//! | lines without a customer | one basket per invoice, goods only |
//! | pieces without a customer that come back | reported |
//! | price 0 without a customer, or on what comes back | movements of the stock: counted |

mod basket;
mod order;
mod returns;
#[cfg(test)]
mod tests;

use super::group::Invoice;
use super::lines::{CUSTOMER, Line, QUANTITY};
use super::match_returns::Purchases;
use super::problem::{Problem, Reason};

/// Lines that the contract takes in one order, return or basket.
const MAX_LINES: usize = 2000;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Order,
    Return,
    Basket,
}

/// Something to send.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// What it is.
    pub(crate) kind: Kind,
    /// Whose; empty for baskets. Items of one customer must arrive in their order.
    pub(crate) customer: String,
    /// The invoice that it comes from, and the line where that begins.
    pub(crate) invoice: String,
    pub(crate) line: u64,
    /// Order lines, returned lines, or products.
    pub(crate) lines: u64,
    /// The amount of an order in minor units; 0 for others.
    pub(crate) amount_minor: i64,
    /// The item in JSON.
    pub(crate) json: String,
}

/// What an invoice gave.
#[derive(Debug, Default)]
pub(crate) struct Planned {
    pub(crate) items: Vec<Item>,
    pub(crate) problems: Vec<Problem>,
    /// Lines that only move stock, or are services nobody is known to have bought.
    pub(crate) set_aside_lines: u64,
}

impl Planned {
    fn report(&mut self, line: &Line, field: &'static str, reason: Reason) {
        let (line, invoice) = (line.number, line.invoice.clone());
        self.problems.push(Problem {
            line,
            invoice,
            field,
            reason,
        });
    }
}

/// Turns invoices into items. Remembers what was bought, to match what comes back.
pub(crate) struct Planner {
    currency: String,
    digits: u32,
    purchases: Purchases,
}

impl Planner {
    /// Prices are in this currency, of so many minor digits.
    pub(crate) fn new(currency: String, digits: u32) -> Self {
        Self {
            currency,
            digits,
            purchases: Purchases::default(),
        }
    }

    /// What becomes of an invoice. Invoices are to be handed in as the file has them.
    pub(crate) fn plan(&mut self, invoice: &Invoice) -> Planned {
        let mut planned = Planned::default();
        let lines = sorted(invoice, &mut planned);
        if !lines.sold.is_empty() {
            if invoice.first.customer.is_empty() {
                basket::plan(&lines.sold, &mut planned);
            } else {
                self.plan_order(&lines.sold, &mut planned);
            }
        }
        if !lines.back.is_empty() {
            self.plan_returns(&lines.back, &mut planned);
        }
        planned
    }
}

struct Sorted<'a> {
    sold: Vec<&'a Line>,
    back: Vec<&'a Line>,
}

/// What was sold, what comes back; what is neither is counted or reported.
fn sorted<'a>(invoice: &'a Invoice, planned: &mut Planned) -> Sorted<'a> {
    let first = &invoice.first;
    let is_cancellation = first.invoice.starts_with('C');
    let mut sorted = Sorted {
        sold: Vec::new(),
        back: Vec::new(),
    };
    for line in invoice.lines() {
        let comes_back = line.quantity < 0;
        if line.customer != first.customer {
            planned.report(line, CUSTOMER, Reason::DiffersWithinInvoice);
        } else if is_cancellation && !comes_back {
            planned.report(line, QUANTITY, Reason::PositiveOnCancellation);
        } else if line.price.is_zero() && (comes_back || line.customer.is_empty()) {
            planned.set_aside_lines += 1;
        } else if comes_back {
            sorted.back.push(line);
        } else {
            sorted.sold.push(line);
        }
    }
    sorted
}

fn item(kind: Kind, first: &Line, content: &impl serde::Serialize) -> Item {
    Item {
        kind,
        customer: first.customer.clone(),
        invoice: first.invoice.clone(),
        line: first.number,
        lines: 0,
        amount_minor: 0,
        // Plain structs of strings and numbers: there is nothing that could fail.
        json: serde_json::to_string(content).unwrap_or_default(),
    }
}
