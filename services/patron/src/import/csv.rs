//! Reading the file: plain or gzip, line by line, however large it is.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::ByteRecord;
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::lines::{Layout, Line, MissingColumn};
use super::problem::Problem;
use super::shift::Shift;

/// Longest record, in bytes. A quote that is never closed would else swallow the rest of the file.
const MAX_RECORD_BYTES: u64 = 1 << 20;

/// Why a file can't be read at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    /// From the file system or the decompressor.
    #[error("can't be read")]
    Io(#[from] io::Error),
    /// The header does not have what is needed.
    #[error(transparent)]
    Header(#[from] MissingColumn),
    /// From the CSV parser; broken quoting among it.
    #[error("can't be read after line {line}")]
    Csv {
        /// The last line that could be read.
        line: u64,
        /// What the parser says.
        source: csv::Error,
    },
}

/// The lines of a file, those that are broken with what is wrong.
pub(crate) struct Lines {
    records: csv::Reader<Budgeted<Box<dyn Read>>>,
    layout: Layout,
    record: ByteRecord,
    budget: Rc<Cell<u64>>,
}

impl Lines {
    /// Opens a file and finds its columns. `consumed` is kept at how many bytes of the file have
    /// been read.
    pub(crate) fn open(
        path: &Path,
        zone: TimeZone,
        shift: Shift,
        consumed: Arc<AtomicU64>,
    ) -> Result<Self, FileError> {
        let mut start = [0; 2];
        let is_gzip = File::open(path)?.read(&mut start)? == 2 && start == [0x1f, 0x8b];
        let file = BufReader::new(Counted {
            inner: File::open(path)?,
            consumed,
        });
        let text: Box<dyn Read> = if is_gzip {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        Self::new(text, zone, shift)
    }

    fn new(text: Box<dyn Read>, zone: TimeZone, shift: Shift) -> Result<Self, FileError> {
        let budget = Rc::new(Cell::new(MAX_RECORD_BYTES));
        let text = Budgeted {
            inner: text,
            left: Rc::clone(&budget),
        };
        let mut records = csv::ReaderBuilder::new()
            .has_headers(true)
            .flexible(true)
            .from_reader(text);
        let header = records
            .byte_headers()
            .map_err(|source| FileError::Csv { line: 0, source })?;
        let layout = Layout::find(&without_mark(header), zone, shift)?;
        Ok(Self {
            records,
            layout,
            record: ByteRecord::new(),
            budget,
        })
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Result<Line, Problem>>, FileError> {
        self.budget.set(MAX_RECORD_BYTES);
        let line = self.records.position().line();
        let more = self.records.read_byte_record(&mut self.record);
        if !more.map_err(|source| FileError::Csv {
            line: line.saturating_sub(1),
            source,
        })? {
            return Ok(None);
        }
        let number = self.record.position().map_or(line, csv::Position::line);
        Ok(Some(self.layout.read(number, &self.record)))
    }
}

/// The latest time of a file; `None` when no line can be read.
pub(crate) fn last_time(path: &Path, zone: TimeZone) -> Result<Option<Timestamp>, FileError> {
    let mut lines = Lines::open(path, zone, Shift::default(), Arc::default())?;
    let mut last = None;
    while let Some(line) = lines.next()? {
        last = last.max(line.ok().map(|line| line.time));
    }
    Ok(last)
}

/// The header without the byte order mark that spreadsheets put before it.
fn without_mark(header: &ByteRecord) -> ByteRecord {
    header
        .iter()
        .map(|field| field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field))
        .collect()
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    consumed: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.consumed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Fails when a record takes more than its budget, which is renewed before each.
struct Budgeted<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Budgeted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            let message = format!("a record is longer than {MAX_RECORD_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let count = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(count as u64));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "\u{feff}InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn lines(text: String) -> Lines {
        Lines::new(
            Box::new(io::Cursor::new(text)),
            TimeZone::UTC,
            Shift::default(),
        )
        .unwrap()
    }

    #[test]
    fn broken_lines_do_not_stop_the_reading_and_are_numbered_by_the_file() {
        let good = "1,A,\"TWO\nLINES\",1,2011-01-01 00:00,1,,\n";
        let mut lines = lines(format!("{HEADER}{good}1,A\n{good}"));
        let mut numbers = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            numbers.push(line.map(|line| line.number).map_err(|problem| problem.line));
        }
        assert_eq!(numbers, [Ok(2), Err(4), Ok(5)]);
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_the_reading_instead_of_filling_the_memory() {
        let endless = "x".repeat(3 << 20);
        let mut lines = lines(format!("{HEADER}1,A,\"{endless}"));
        assert!(matches!(lines.next(), Err(FileError::Csv { line: 1, .. })));
    }
}
