//! Pieces of a file become batches of rows.

use std::collections::VecDeque;
use std::hash::RandomState;

use chassis::{Deadline, Refusal};
use tokio_util::task::AbortOnDropHandle;

use super::batch::{Batch, ReadRow};
use super::line::{Before, Line, Names};
use crate::app::App;
use crate::domain::ids::ImportId;
use crate::domain::imports::attributes;
use crate::domain::imports::columns::Unreadable;
use crate::domain::imports::records::{Place, Record, Records, Style};
use crate::domain::imports::row::{Layout, decode};
use crate::domain::imports::{Import, NotNow, State};
use crate::refusals::imports as refusals;
use crate::store::imports;
use crate::wire;

/// Most rows of a batch, and most bytes of their file: what is held in memory, and how long others wait for those
/// whom the rows speak of.
const MOST_ROWS: usize = 1_000;
const MOST_BYTES: i64 = 1 << 20;
/// Most batches on their way to the database.
const MOST_UNDER_WAY: usize = 2;

/// A file on its way. While batches are on their way to the database the next one is read.
#[derive(Debug)]
pub(crate) struct Upload {
    app: App,
    /// As it was after the last batch that was waited for.
    import: Import,
    under_way: VecDeque<UnderWay>,
    hasher: RandomState,
    /// Rows that were sent.
    counted: i64,
    records: Records,
    /// Rows after which a batch is sent.
    pub(super) most_rows: usize,
    /// Known as soon as the first row of a CSV file was read.
    layout: Option<Layout>,
    header: Option<Vec<String>>,
    /// Bytes that come and were taken in before.
    known: usize,
    rows: Vec<ReadRow>,
    from: Place,
    /// False until the beginning of the file was looked at.
    is_begun: bool,
}

/// A batch on its way.
#[derive(Debug)]
struct UnderWay {
    /// Broken off when the upload is.
    sent: AbortOnDropHandle<Result<Import, Refusal>>,
    names: Names,
    seen: Before,
}

impl App {
    /// Takes up an import with bytes that begin at `offset`. `None`: it is done already.
    pub(crate) async fn resume_import(
        &self,
        deadline: Deadline,
        id: ImportId,
        offset: i64,
    ) -> Result<(Import, Option<Upload>), Refusal> {
        let import = self.import_at_rest(deadline, id).await?;
        if import.state == State::Done {
            return Ok((import, None));
        }
        import.check_follows(import.next)?;
        self.check_sender(deadline, &import.plan).await?;
        let known = import.known_of(offset)?;
        let layout = match (import.plan.style, &import.header) {
            (Style::Csv { .. }, None) => None,
            (Style::Csv { .. }, Some(header)) => Some(layout(&import, Some(header))?),
            (Style::Ndjson, _) => Some(layout(&import, None)?),
        };
        let upload = Upload {
            app: self.clone(),
            records: Records::new(import.plan.style, import.next),
            most_rows: MOST_ROWS,
            layout,
            header: None,
            known: usize::try_from(known).unwrap_or(usize::MAX),
            rows: Vec::new(),
            from: import.next,
            is_begun: import.next.offset > 0,
            under_way: VecDeque::new(),
            hasher: RandomState::new(),
            counted: import.counts.rows(),
            import: import.clone(),
        };
        Ok((import, Some(upload)))
    }

    /// An import of which no batch is on its way, also none of an upload that was broken off.
    async fn import_at_rest(&self, deadline: Deadline, id: ImportId) -> Result<Import, Refusal> {
        let mut tx = self.begin(deadline).await?;
        let import = imports::lock(&mut tx, id).await?;
        import.ok_or_else(refusals::not_found)
    }
}

impl Upload {
    /// Takes a piece of the file. What is a whole batch is taken in for good.
    pub(crate) async fn take(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let passed = self.known.min(piece.len());
        self.known = self.known.saturating_sub(passed);
        let piece = piece.get(passed..).unwrap_or_default();
        if !self.is_begun && !piece.is_empty() {
            self.is_begun = true;
            if piece.starts_with(b"\xff\xfe") || piece.starts_with(b"\xfe\xff") {
                return Err(Unreadable::Utf16.into());
            }
        }
        self.records.push(piece);
        self.read(false).await
    }

    /// No more pieces come with this call: what is whole is taken in; with `is_end` also what is not.
    pub(crate) async fn finish(mut self, is_end: bool) -> Result<Import, Refusal> {
        if is_end && self.known > 0 {
            // The file ends before what was taken in of it: it is another one.
            let next_offset = self.import.next.offset;
            return Err(NotNow::Gap { next_offset }.into());
        }
        self.read(is_end).await?;
        let is_moved = self.records.place() != self.from;
        if is_moved || is_end {
            self.send(is_end).await?;
        }
        self.wait(0).await?;
        Ok(self.import)
    }

    async fn read(&mut self, is_end: bool) -> Result<(), Refusal> {
        while let Some(record) = self.records.next(is_end) {
            self.add(record)?;
            let bytes = self.records.place().offset.saturating_sub(self.from.offset);
            if self.rows.len() >= self.most_rows || bytes >= MOST_BYTES {
                self.send(false).await?;
            }
        }
        Ok(())
    }

    fn add(&mut self, record: Record) -> Result<(), Refusal> {
        let Some(layout) = &self.layout else {
            return self.begin(record);
        };
        let line = record.line;
        let row = self.counted.saturating_add(self.gathered());
        let row = row.saturating_add(1);
        let told = record.cells.map_err(Into::into);
        let told = told.and_then(|cells| layout.read(&cells));
        let said = told.map_err(|error| refusals::unreadable_row(&error));
        let attributes = said.as_deref().map(attributes::said).unwrap_or_default();
        let (now, country) = (self.app.now(), self.app.country);
        let said = said
            .and_then(|told| wire::imports::statement(&self.import, row, &told, (now, country)));
        self.rows.push(ReadRow {
            line,
            said,
            attributes,
        });
        Ok(())
    }

    /// Reads the first row of a CSV file.
    fn begin(&mut self, record: Record) -> Result<(), Refusal> {
        let cells = record.cells.map_err(|_| Unreadable::Header)?;
        let encoding = self.import.plan.encoding;
        let names = cells.iter().map(|cell| decode(cell, encoding));
        let header: Option<Vec<_>> = names.collect();
        let header = header.ok_or(Unreadable::Header)?;
        self.layout = Some(layout(&self.import, Some(&header))?);
        self.header = Some(header);
        Ok(())
    }

    fn gathered(&self) -> i64 {
        i64::try_from(self.rows.len()).unwrap_or(i64::MAX)
    }

    /// Sends a batch when there is room for it, behind the one before when their rows name nobody in common.
    async fn send(&mut self, ends: bool) -> Result<(), Refusal> {
        let first = self.counted.saturating_add(1);
        self.counted = self.counted.saturating_add(self.gathered());
        let to = self.records.place();
        let batch = Batch {
            rows: std::mem::take(&mut self.rows),
            first,
            from: self.from,
            to,
            header: self.header.take(),
            ends,
        };
        self.from = to;
        let names = Names::of(&batch.rows, &self.hasher);
        let last = self.under_way.back();
        let is_apart = last.is_some_and(|last| last.names.are_apart(&names));
        let most = if is_apart { MOST_UNDER_WAY } else { 1 };
        self.wait(most.saturating_sub(1)).await?;
        let before = self.under_way.back().map(|last| last.seen.clone());
        let (line, seen) = Line::new(before);
        let (app, import) = (self.app.clone(), self.import.clone());
        let sent = chassis::spawn(async move { app.take_in(&import, &batch, line).await });
        self.under_way.push_back(UnderWay { sent, names, seen });
        Ok(())
    }

    /// Waits until no more batches than these are on their way.
    async fn wait(&mut self, most: usize) -> Result<(), Refusal> {
        while self.under_way.len() > most {
            let Some(oldest) = self.under_way.pop_front() else {
                break;
            };
            self.import = oldest.sent.await.map_err(Refusal::internal)??;
            if self.import.state == State::Failed {
                return Err(refusals::too_many_errors(&self.import));
            }
        }
        Ok(())
    }
}

fn layout(import: &Import, header: Option<&[String]>) -> Result<Layout, Unreadable> {
    Layout::of(&import.plan.columns, import.plan.encoding, header)
}
