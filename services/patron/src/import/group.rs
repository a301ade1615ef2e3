//! Lines to invoices.

use std::collections::{HashMap, VecDeque};

use super::lines::Line;

/// How far apart, in lines of the file, the lines of one invoice may stand: tills write invoices
/// that are open at the same time line by line. So no more than this many lines are in memory,
/// about 5 MB. What comes later counts as an invoice of its own, which the server then refuses,
/// because its id is taken.
pub(crate) const WINDOW: u64 = 20_000;

/// The lines of one invoice, at least one, in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Invoice {
    /// The first line, whose invoice, customer, country and time are those of the whole.
    pub(crate) first: Line,
    /// The others.
    pub(crate) more: Vec<Line>,
}

impl Invoice {
    /// All lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Line> {
        std::iter::once(&self.first).chain(&self.more)
    }
}

/// Gathers lines into invoices, which it gives out in the order of their first lines.
#[derive(Default)]
pub(crate) struct Grouping {
    open: VecDeque<Open>,
    /// By invoice number: which it was of all invoices so far.
    serials: HashMap<String, u64>,
    closed: u64,
    seen: u64,
}

struct Open {
    invoice: Invoice,
    /// How many lines had been seen when it was opened.
    since: u64,
}

impl Grouping {
    /// Takes a line; gives out the oldest invoice when its window has passed.
    pub(crate) fn push(&mut self, line: Line) -> Option<Invoice> {
        self.seen += 1;
        match self.find(&line.invoice) {
            Some(open) => open.invoice.more.push(line),
            None => self.open(line),
        }
        // No two invoices open at the same line, so at most one is due.
        let is_due = self
            .open
            .front()
            .is_some_and(|open| self.seen - open.since >= WINDOW);
        if is_due { self.close() } else { None }
    }

    /// Gives out the oldest invoice, at the end of the file.
    pub(crate) fn close(&mut self) -> Option<Invoice> {
        let open = self.open.pop_front()?;
        self.serials.remove(&open.invoice.first.invoice);
        self.closed += 1;
        Some(open.invoice)
    }

    fn find(&mut self, invoice: &str) -> Option<&mut Open> {
        let serial = self.serials.get(invoice)?;
        self.open
            .get_mut(usize::try_from(serial - self.closed).ok()?)
    }

    fn open(&mut self, first: Line) {
        let serial = self.closed + self.open.len() as u64;
        self.serials.insert(first.invoice.clone(), serial);
        self.open.push_back(Open {
            invoice: Invoice {
                first,
                more: Vec::new(),
            },
            since: self.seen,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::testing::line;

    fn grouped(invoices: impl IntoIterator<Item = String>) -> Vec<(String, usize)> {
        let mut grouping = Grouping::default();
        let mut closed = Vec::new();
        for (number, invoice) in (1..).zip(invoices) {
            closed.extend(grouping.push(Line {
                number,
                invoice,
                ..line()
            }));
        }
        closed.extend(std::iter::from_fn(|| grouping.close()));
        closed
            .into_iter()
            .map(|invoice| (invoice.first.invoice.clone(), invoice.lines().count()))
            .collect()
    }

    #[test]
    fn interleaved_invoices_come_out_whole_in_the_order_of_their_first_lines() {
        let file = ["2", "1", "2", "3", "1"].map(str::to_owned);
        assert_eq!(
            grouped(file),
            [("2".into(), 2), ("1".into(), 2), ("3".into(), 1)]
        );
    }

    #[test]
    fn a_line_beyond_the_window_is_an_invoice_of_its_own() {
        let others = (0..WINDOW).map(|_| "other".to_owned());
        let file = ["late".to_owned()]
            .into_iter()
            .chain(others)
            .chain(["late".to_owned()]);
        let closed = grouped(file);
        assert_eq!(
            closed
                .iter()
                .filter(|(invoice, _)| invoice == "late")
                .count(),
            2
        );
    }
}
