//! What came of an import: totals, and a file with a row for everything that was not imported.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::plan::{Item, Kind};
use super::problem::Problem;
use super::send::Outcome;
use super::shift::Shift;

/// Counts. All but `seconds` are those of the whole file, also when the import was broken off and
/// went on later.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Totals {
    /// Lines of the file without the header.
    pub(crate) lines: u64,
    /// Orders, and what they come to in minor units.
    pub(crate) orders: u64,
    pub(crate) order_lines: u64,
    pub(crate) order_amount_minor: i64,
    /// Returns; a cancellation that takes back from three orders makes three.
    pub(crate) returns: u64,
    /// Baskets whose customer is not known.
    pub(crate) baskets: u64,
    /// Stock movements, and services that nobody is known to have bought.
    pub(crate) set_aside_lines: u64,
    /// Money or goods back that could not be matched to a purchase.
    pub(crate) unmatched: u64,
    /// Lines and invoices that are broken.
    pub(crate) errors: u64,
    /// Items that the server refused.
    pub(crate) refused: u64,
    /// Items that were recorded now, and that were there already.
    pub(crate) recorded: u64,
    pub(crate) already_recorded: u64,
}

impl Totals {
    /// Counts a problem.
    pub(crate) fn add_problem(&mut self, problem: &Problem) {
        let counter = if problem.reason.is_unmatched() {
            &mut self.unmatched
        } else if problem.reason.is_refused() {
            &mut self.refused
        } else {
            &mut self.errors
        };
        *counter += 1;
    }

    /// Counts an item and, unless nothing was sent, what became of it.
    pub(crate) fn add_item(&mut self, item: &Item, outcome: Option<&Outcome>) {
        match item.kind {
            Kind::Order => {
                self.orders += 1;
                self.order_lines += item.lines;
                self.order_amount_minor = self.order_amount_minor.saturating_add(item.amount_minor);
            }
            Kind::Return => self.returns += 1,
            Kind::Basket => self.baskets += 1,
        }
        match outcome {
            Some(Outcome::Recorded) => self.recorded += 1,
            Some(Outcome::Known) => self.already_recorded += 1,
            // A refusal is counted as a problem, which it is reported as.
            Some(Outcome::Refused { .. }) | None => {}
        }
    }

    /// Orders, returns and baskets.
    pub(crate) fn items(&self) -> u64 {
        self.orders + self.returns + self.baskets
    }
}

/// The end of an import.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    #[serde(flatten)]
    pub(crate) totals: Totals,
    /// By how many weeks the times of the file were moved.
    pub(crate) shift_weeks: i64,
    /// How long this run took, and how many orders, returns and baskets it sent per second.
    pub(crate) seconds: f64,
    pub(crate) items_per_second: f64,
}

impl Summary {
    /// `sent` items in this run, which took so long.
    pub(crate) fn new(totals: Totals, shift: Shift, sent: u64, elapsed: Duration) -> Self {
        let seconds = elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people to read")]
        let items_per_second = if seconds > 0.0 {
            sent as f64 / seconds
        } else {
            0.0
        };
        Self {
            totals,
            shift_weeks: shift.in_weeks(),
            seconds,
            items_per_second,
        }
    }

    /// True when something was not imported.
    pub(crate) fn has_problems(&self) -> bool {
        self.totals.unmatched + self.totals.errors + self.totals.refused > 0
    }

    /// The summary for people: some lines.
    pub(crate) fn to_text(&self) -> String {
        let t = &self.totals;
        let moved = match self.shift_weeks {
            0 => String::new(),
            weeks => format!(", times moved by {weeks} weeks"),
        };
        format!(
            "{lines} lines in {seconds:.1} s ({rate:.0} items/s){moved}\n\
             orders {orders} ({order_lines} lines), returns {returns}, baskets without a customer {baskets}\n\
             recorded {recorded}, already there {already}, refused {refused}\n\
             not matched {unmatched}, broken {errors}, set aside {aside}",
            lines = t.lines,
            seconds = self.seconds,
            rate = self.items_per_second,
            orders = t.orders,
            order_lines = t.order_lines,
            returns = t.returns,
            baskets = t.baskets,
            recorded = t.recorded,
            already = t.already_recorded,
            refused = t.refused,
            unmatched = t.unmatched,
            errors = t.errors,
            aside = t.set_aside_lines,
        )
    }
}

/// The errors file: a CSV with the columns line, invoice, field, reason, message.
pub(crate) struct ErrorsFile {
    rows: csv::Writer<File>,
}

impl ErrorsFile {
    /// Opens the file at `bytes`, cutting off what stands behind: rows that were written before an
    /// import broke off and that it will find again. At 0 it begins with the header.
    pub(crate) fn open(path: &Path, bytes: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        // Somebody may have taken the file away meanwhile: then it begins anew.
        let bytes = bytes.min(file.metadata()?.len());
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        let mut rows = csv::Writer::from_writer(file);
        if bytes == 0 {
            rows.write_record(["line", "invoice", "field", "reason", "message"])?;
        }
        Ok(Self { rows })
    }

    /// Adds a row.
    pub(crate) fn add(&mut self, problem: &Problem) -> io::Result<()> {
        let Problem {
            line,
            invoice,
            field,
            reason,
        } = problem;
        let (line, message) = (line.to_string(), reason.to_string());
        Ok(self
            .rows
            .write_record([&line, invoice, *field, reason.code(), &message])?)
    }

    /// Brings all rows to the disk; tells how long the file is then.
    pub(crate) fn sync(&mut self) -> io::Result<u64> {
        self.rows.flush()?;
        let file = self.rows.get_ref();
        file.sync_data()?;
        Ok(file.metadata()?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::problem::Reason;

    #[test]
    fn an_errors_file_goes_on_where_the_import_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("errors.csv");
        let problem = |line| Problem {
            line,
            invoice: "1".into(),
            field: "Quantity",
            reason: Reason::ZeroQuantity,
        };
        let mut file = ErrorsFile::open(&path, 0).unwrap();
        file.add(&problem(2)).unwrap();
        let bytes = file.sync().unwrap();
        file.add(&problem(3)).unwrap();
        file.sync().unwrap();
        let mut file = ErrorsFile::open(&path, bytes).unwrap();
        file.add(&problem(4)).unwrap();
        file.sync().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "line,invoice,field,reason,message\n\
             2,1,Quantity,ZERO_QUANTITY,is zero\n4,1,Quantity,ZERO_QUANTITY,is zero\n"
        );
    }
}
