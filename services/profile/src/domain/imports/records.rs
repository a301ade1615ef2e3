//! A file as records, however it is cut into pieces, and whatever is wrong with it.
//!
//! CSV as RFC 4180 has it and as spreadsheets write it: quotes around values with delimiters, line ends or
//! doubled quotes in them; a quote within an unquoted value is a quote. Bytes are not decoded here: in all
//! encodings that are taken, delimiters, quotes and line ends are those of ASCII and no part of other letters.
//!
//! What follows from a record's place on depends on nothing before it. So reading can be taken up at the
//! beginning of any record.

use std::mem;

/// Largest record, in bytes. A quote that is never closed would swallow the rest of the file.
pub(crate) const MAX_RECORD_BYTES: usize = 64 * 1024;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Where a record begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Bytes of the file before it.
    pub(crate) offset: i64,
    /// Its line, from 1.
    pub(crate) line: i64,
}

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Values between delimiters.
    Csv { delimiter: u8 },
    /// A JSON object on each line: one value.
    Ndjson,
}

/// A record, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The line on which it begins.
    pub(crate) line: i64,
    /// Where the next one begins.
    pub(crate) after: Place,
    /// Its values.
    pub(crate) cells: Result<Vec<Vec<u8>>, Broken>,
}

/// Why a record can't be read. Only its first line is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("a quote is never closed")]
    OpenQuote,
    #[error("the line is longer than {MAX_RECORD_BYTES} bytes")]
    TooLong,
}

/// Cuts bytes into records.
#[derive(Debug)]
pub(crate) struct Records {
    style: Style,
    /// What was sent and does not belong to a record that was given out.
    buffer: Vec<u8>,
    /// Where in the buffer the present record begins.
    head: usize,
    /// How far it was looked through.
    at: usize,
    place: Place,
    scan: Scan,
    /// Bytes of a line too long to be kept, that were let go.
    let_go: i64,
}

/// What was found of the present record.
#[derive(Debug, Default)]
struct Scan {
    within: Within,
    cells: Vec<Vec<u8>>,
    cell: Vec<u8>,
    lines: i64,
    is_quoted: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Start,
    Plain,
    Quoted,
    /// After a quote that may be the closing one.
    Closed,
}

impl Place {
    /// Where a file begins.
    pub(crate) const START: Self = Self { offset: 0, line: 1 };

    fn after(self, bytes: usize, lines: i64) -> Self {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        Self {
            offset: self.offset.saturating_add(bytes),
            line: self.line.saturating_add(lines),
        }
    }
}

impl Records {
    /// Begins at the beginning of a record.
    pub(crate) fn new(style: Style, place: Place) -> Self {
        Self {
            style,
            buffer: Vec::new(),
            head: 0,
            at: 0,
            place,
            scan: Scan::default(),
            let_go: 0,
        }
    }

    /// Where the next record begins.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Takes the next bytes of the file.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.head);
        self.at = self.at.saturating_sub(self.head);
        self.head = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next record; `None` when more bytes are needed, or `at_end` there is none. Lines that are empty are
    /// passed over.
    pub(crate) fn next(&mut self, at_end: bool) -> Option<Record> {
        if self.place == Place::START && !self.pass_mark(at_end) {
            return None;
        }
        loop {
            while let Some(byte) = self.buffer.get(self.at).copied() {
                self.at = self.at.saturating_add(1);
                if self.scan.take(byte, self.style)
                    && let Some(record) = self.finish()
                {
                    return Some(record);
                }
                if self.at.saturating_sub(self.head) > MAX_RECORD_BYTES {
                    if self.scan.lines > 0 {
                        return Some(self.give_up_line());
                    }
                    self.let_go();
                }
            }
            if !at_end || (self.at == self.head && self.let_go == 0) {
                return None;
            }
            if self.scan.within == Within::Quoted {
                return Some(self.give_up_line());
            }
            if let Some(record) = self.finish() {
                return Some(record);
            }
        }
    }

    /// A byte order mark is no part of the first value, nor of its quotes. False: it can't be told yet.
    fn pass_mark(&mut self, at_end: bool) -> bool {
        if self.at > self.head || self.let_go > 0 {
            return true;
        }
        let left = self.buffer.get(self.head..).unwrap_or_default();
        if left.starts_with(MARK) {
            self.head = self.head.saturating_add(MARK.len());
            self.at = self.head;
            self.place = self.place.after(MARK.len(), 0);
        } else if !at_end && left.len() < MARK.len() && MARK.starts_with(left) {
            return false;
        }
        true
    }

    /// The record that ends here; `None` when it is an empty line.
    fn finish(&mut self) -> Option<Record> {
        let mut scan = mem::take(&mut self.scan);
        let line = self.place.line;
        let is_too_long = mem::take(&mut self.let_go);
        self.place = self
            .place
            .after(self.at.saturating_sub(self.head), scan.lines);
        self.place.offset = self.place.offset.saturating_add(is_too_long);
        self.place.line = self.place.line.saturating_add(1);
        self.head = self.at;
        scan.end_cell();
        let is_empty = !scan.is_quoted && scan.cells.iter().all(Vec::is_empty);
        if is_too_long == 0 && is_empty && scan.cells.len() == 1 {
            return None;
        }
        let cells = if is_too_long > 0 {
            Err(Broken::TooLong)
        } else {
            Ok(scan.cells)
        };
        let after = self.place;
        Some(Record { line, after, cells })
    }

    /// Gives up the first line of a record whose quote is not closed, and looks at the rest anew.
    fn give_up_line(&mut self) -> Record {
        let line = self.place.line;
        let kept = self.buffer.get(self.head..).unwrap_or_default();
        let end = kept.iter().position(|byte| *byte == b'\n');
        let length = end.map_or(kept.len(), |end| end.saturating_add(1));
        self.place = self.place.after(length, 1);
        self.head = self.head.saturating_add(length);
        self.at = self.head;
        self.scan = Scan::default();
        let cells = Err(Broken::OpenQuote);
        let after = self.place;
        Record { line, after, cells }
    }

    /// Lets go of what was read of a line that is too long to be kept. What follows up to its end goes too.
    fn let_go(&mut self) {
        let length = self.at.saturating_sub(self.head);
        self.let_go = self
            .let_go
            .saturating_add(i64::try_from(length).unwrap_or(i64::MAX));
        self.head = self.at;
        self.scan = Scan {
            within: Within::Plain,
            ..Scan::default()
        };
    }
}

impl Scan {
    /// Takes a byte; true when it is the end of the record.
    fn take(&mut self, byte: u8, style: Style) -> bool {
        let (delimiter, has_quotes) = match style {
            Style::Csv { delimiter } => (Some(delimiter), true),
            Style::Ndjson => (None, false),
        };
        match (self.within, byte) {
            (Within::Quoted, b'"') => self.within = Within::Closed,
            (Within::Quoted, _) => {
                self.lines = self.lines.saturating_add(i64::from(byte == b'\n'));
                self.cell.push(byte);
            }
            (_, b'\n') => return true,
            (Within::Start, b'"') if has_quotes => {
                self.is_quoted = true;
                self.within = Within::Quoted;
            }
            (Within::Closed, b'"') => {
                self.cell.push(byte);
                self.within = Within::Quoted;
            }
            (_, byte) if Some(byte) == delimiter => {
                self.end_cell();
                self.within = Within::Start;
            }
            // Before the end of a line, where else.
            (Within::Closed, b'\r') => {}
            _ => {
                self.cell.push(byte);
                self.within = Within::Plain;
            }
        }
        false
    }

    fn end_cell(&mut self) {
        let mut cell = mem::take(&mut self.cell);
        if self.within == Within::Plain && cell.last() == Some(&b'\r') {
            cell.pop();
        }
        self.cells.push(cell);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CSV: Style = Style::Csv { delimiter: b',' };

    /// All records of pieces of a file: the line of each, and its values.
    fn read(style: Style, pieces: &[&[u8]]) -> Vec<(i64, Result<Vec<String>, Broken>)> {
        let mut records = Records::new(style, Place::START);
        let mut found = Vec::new();
        for piece in pieces {
            records.push(piece);
            found.extend(std::iter::from_fn(|| records.next(false)));
        }
        found.extend(std::iter::from_fn(|| records.next(true)));
        let text = |cell: Vec<u8>| String::from_utf8_lossy(&cell).into_owned();
        let texts = |it: Record| {
            (
                it.line,
                it.cells.map(|it| it.into_iter().map(text).collect()),
            )
        };
        found.into_iter().map(texts).collect()
    }

    fn row(line: i64, cells: &[&str]) -> (i64, Result<Vec<String>, Broken>) {
        (line, Ok(cells.iter().map(|it| (*it).to_owned()).collect()))
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let file =
            b"\xef\xbb\xbf\"na\"\"me\",b\r\n\"two\r\nlines\",\"a,b\"\r\n\r\n5\" pipe,\r\n,last";
        let expected = [
            row(1, &["na\"me", "b"]),
            row(2, &["two\r\nlines", "a,b"]),
            row(5, &["5\" pipe", ""]),
            row(6, &["", "last"]),
        ];
        assert_eq!(read(CSV, &[file]), expected);
        let lines = b"{\"a\": \"x,y\"}\n\n{}\r\n";
        let expected = [row(1, &["{\"a\": \"x,y\"}"]), row(3, &["{}"])];
        assert_eq!(read(Style::Ndjson, &[lines]), expected);
        assert_eq!(read(CSV, &[b""]), []);
    }

    #[test]
    fn a_broken_line_loses_itself_alone() {
        let open = b"a,\"b\nc,d\ne,f\n".as_slice();
        let expected = [
            (1, Err(Broken::OpenQuote)),
            row(2, &["c", "d"]),
            row(3, &["e", "f"]),
        ];
        assert_eq!(read(CSV, &[open]), expected);
        let far = [open, &b"g,h\n".repeat(MAX_RECORD_BYTES)].concat();
        let found = read(CSV, &[&far]);
        assert_eq!(found[..3], expected);
        assert_eq!(found.len(), 3 + MAX_RECORD_BYTES);
        let long = ["x".repeat(3 * MAX_RECORD_BYTES).as_bytes(), b"\ny\n"].concat();
        let expected = [(1, Err(Broken::TooLong)), row(2, &["y"])];
        assert_eq!(read(CSV, &[&long]), expected);
    }

    proptest! {
        #[test]
        fn records_are_the_same_however_a_file_is_cut_and_wherever_reading_is_taken_up(
            file in proptest::collection::vec(
                proptest::sample::select(b"\xef\xbb\xbf\"\",,\r\n\n ab".to_vec()), 0..60),
            cuts in proptest::collection::vec(0_usize..60, 0..6),
            taken in 0_usize..20,
        ) {
            let whole = read(CSV, &[&file]);
            let mut cuts: Vec<_> = cuts.into_iter().map(|it| it.min(file.len())).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([file.len()]) {
                pieces.push(&file[from..cut]);
                from = cut;
            }
            prop_assert_eq!(&read(CSV, &pieces), &whole);
            let mut records = Records::new(CSV, Place::START);
            records.push(&file);
            let first: Vec<_> = std::iter::from_fn(|| records.next(true)).take(taken).collect();
            let place = first.last().map_or(Place::START, |it| it.after);
            let mut rest = Records::new(CSV, place);
            rest.push(&file[usize::try_from(place.offset).unwrap()..]);
            let rest = std::iter::from_fn(|| rest.next(true));
            let lines: Vec<_> = first.iter().cloned().chain(rest).map(|it| it.line).collect();
            let expected: Vec<_> = whole.iter().map(|(line, _)| *line).collect();
            prop_assert_eq!(lines, expected);
        }
    }
}
