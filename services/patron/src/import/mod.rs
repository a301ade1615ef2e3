//! `patron import orders`: a file of a till's invoices, sent through the public API.
//!
//! The file is read line by line (`csv.rs`, `lines.rs`), grouped to invoices (`group.rs`) and turned
//! into orders, returns and baskets (`plan.rs`), a wave at a time; while one wave is sent
//! (`send.rs`), the next is read. After each wave a checkpoint is saved (`checkpoint.rs`). Intake is
//! idempotent by the ids in the file, so a wave that was broken off is sent again and nothing counts
//! twice.

mod checkpoint;
mod codes;
mod csv;
mod group;
mod lines;
mod match_returns;
mod meter;
mod money;
mod pace;
mod plan;
mod problem;
mod report;
mod send;
mod shift;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wave;
mod wire;

use std::fmt::Write as _;
use std::io;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::client::{Client, ClientError};

use checkpoint::{Checkpoint, CheckpointFile};
use csv::FileError;
use problem::{Problem, Reason};
use report::ErrorsFile;
use send::{Outcome, Sender};
use shift::Shift;
use wave::{WAVE_ITEMS, Wave};

pub(crate) use checkpoint::fingerprint;
pub(crate) use meter::Meter;
pub(crate) use report::Summary;

/// What to import, and how.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The file: CSV, plain or gzip.
    pub(crate) file: PathBuf,
    /// ISO 4217 code of its prices.
    pub(crate) currency: String,
    /// Where its times are local.
    pub(crate) time_zone: String,
    /// The present, when all times are to be moved by whole weeks so that the last one lies in the
    /// seven days before; none: they stay. What was chosen once is kept in the checkpoint.
    pub(crate) shift_to: Option<Timestamp>,
    /// Most items in one call.
    pub(crate) batch: NonZeroUsize,
    /// Most items in a second; none: as fast as they are taken.
    pub(crate) rate: Option<NonZeroU32>,
    /// Where the items go, for people and to tell checkpoints apart.
    pub(crate) destination: String,
    /// Where the checkpoint is kept.
    pub(crate) resume: PathBuf,
    /// The file for what was not imported.
    pub(crate) errors: PathBuf,
}

/// Why an import ended early. What was sent until then counts; running it again goes on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// The time zone has no such name.
    #[error("there is no time zone {name}")]
    TimeZone { name: String, source: jiff::Error },
    /// The file can't be read.
    #[error("the file {path}")]
    File { path: PathBuf, source: FileError },
    /// The errors file or the checkpoint can't be written.
    #[error("the file {path} can't be written")]
    Write { path: PathBuf, source: io::Error },
    /// The server can't be reached or does not take the calls.
    #[error("sending to {destination}")]
    Send {
        destination: String,
        source: ClientError,
    },
}

/// An import that is set up.
pub(crate) struct Import {
    settings: Settings,
    zone: TimeZone,
    fingerprint: String,
    file: CheckpointFile,
}

impl Import {
    /// Checks the settings and looks at the file.
    pub(crate) fn new(settings: Settings) -> Result<Self, ImportError> {
        let zone = TimeZone::get(&settings.time_zone).map_err(|source| ImportError::TimeZone {
            name: settings.time_zone.clone(),
            source,
        })?;
        let wave = WAVE_ITEMS.to_string();
        let decisive = [
            &*settings.currency,
            &*settings.time_zone,
            &*settings.destination,
            &*wave,
            settings.shift_to.map_or("", |_| "shifted"),
        ];
        let fingerprint = fingerprint(&settings.file, &decisive)
            .map_err(|source| settings.unreadable(source.into()))?;
        let file = CheckpointFile::new(settings.resume.clone());
        Ok(Self {
            settings,
            zone,
            fingerprint,
            file,
        })
    }

    /// Where what was not imported is told.
    pub(crate) fn errors(&self) -> &Path {
        &self.settings.errors
    }

    /// True when all of it has been sent before.
    pub(crate) fn is_complete(&self) -> bool {
        self.file
            .load(&self.fingerprint)
            .is_some_and(|checkpoint| checkpoint.complete)
    }

    /// How many items an import that was broken off has sent; 0 when it begins anew.
    pub(crate) fn resumes_at(&self) -> u64 {
        self.start().totals.items()
    }

    /// Reads the file and reports, without sending anything.
    pub(crate) async fn dry_run(&self, meter: Arc<Meter>) -> Result<Summary, ImportError> {
        self.run(None, meter).await
    }

    /// Sends what has not been sent yet.
    pub(crate) async fn send(
        &self,
        client: Client,
        meter: Arc<Meter>,
    ) -> Result<Summary, ImportError> {
        self.run(
            Some(Sender::new(client, self.settings.batch, self.settings.rate)),
            meter,
        )
        .await
    }

    async fn run(&self, sender: Option<Sender>, meter: Arc<Meter>) -> Result<Summary, ImportError> {
        let began = Instant::now();
        let mut state = if sender.is_some() {
            self.start()
        } else {
            Checkpoint::default()
        };
        let resumed_at = state.totals.items();
        let shift = self.shift(&state).await?;
        if state.shift_weeks.is_none() && sender.is_some() {
            state.shift_weeks = Some(shift.in_weeks());
            self.save(&state)?;
        }
        let mut errors = ErrorsFile::open(&self.settings.errors, state.errors_bytes)
            .map_err(|source| self.unwritten(source))?;
        meter.set_total(std::fs::metadata(&self.settings.file).map_or(0, |file| file.len()));
        let (waves, mut next) = mpsc::channel(1);
        let reading = self.read(shift, state.waves, waves, Arc::clone(&meter));
        while let Some(wave) = next.recv().await {
            let outcomes = match &sender {
                Some(sender) => Some(self.send_wave(sender, &wave, &meter).await?),
                None => None,
            };
            self.settle(&wave, outcomes.as_deref(), &mut state, &mut errors)?;
            if sender.is_some() {
                self.save(&state)?;
            }
        }
        match reading.await {
            Ok(read) => read.map_err(|source| self.settings.unreadable(source))?,
            Err(stopped) => return Err(self.settings.unreadable(io_error(stopped))),
        }
        let sent = state.totals.items() - resumed_at;
        Ok(Summary::new(state.totals, shift, sent, began.elapsed()))
    }

    /// By how much times are moved: as an earlier run has chosen, else by the last time of the file.
    async fn shift(&self, state: &Checkpoint) -> Result<Shift, ImportError> {
        let Some(now) = self.settings.shift_to else {
            return Ok(Shift::default());
        };
        if let Some(weeks) = state.shift_weeks {
            return Ok(Shift::weeks(weeks));
        }
        let (file, zone) = (self.settings.file.clone(), self.zone.clone());
        let last = tokio::task::spawn_blocking(move || csv::last_time(&file, zone)).await;
        let last = last.map_err(|stopped| self.settings.unreadable(io_error(stopped)))?;
        let last = last.map_err(|source| self.settings.unreadable(source))?;
        Ok(last.map_or_else(Shift::default, |last| Shift::to_recent(last, now)))
    }

    /// Reads on a thread of its own; at most one wave ahead of what is sent.
    fn read(
        &self,
        shift: Shift,
        skip_waves: u64,
        waves: mpsc::Sender<Wave>,
        meter: Arc<Meter>,
    ) -> tokio::task::JoinHandle<Result<(), FileError>> {
        let (settings, zone) = (self.settings.clone(), self.zone.clone());
        tokio::task::spawn_blocking(move || {
            let digits = money::minor_digits(&settings.currency);
            let planner = plan::Planner::new(settings.currency, digits);
            let lines = csv::Lines::open(&settings.file, zone, shift, meter.consumed())?;
            wave::read(lines, planner, skip_waves, |wave| {
                waves.blocking_send(wave).is_ok()
            })
        })
    }

    async fn send_wave(
        &self,
        sender: &Sender,
        wave: &Wave,
        meter: &Meter,
    ) -> Result<Vec<Outcome>, ImportError> {
        let sent = sender
            .send(&wave.items, |count| meter.add_items(count))
            .await;
        sent.map_err(|source| ImportError::Send {
            destination: self.settings.destination.clone(),
            source,
        })
    }

    /// Counts and reports a wave that has been dealt with.
    fn settle(
        &self,
        wave: &Wave,
        outcomes: Option<&[Outcome]>,
        state: &mut Checkpoint,
        errors: &mut ErrorsFile,
    ) -> Result<(), ImportError> {
        let mut problems = wave.problems.clone();
        for (place, item) in wave.items.iter().enumerate() {
            let outcome = outcomes.and_then(|outcomes| outcomes.get(place));
            state.totals.add_item(item, outcome);
            if let Some(Outcome::Refused { code, message }) = outcome {
                let reason = Reason::Refused {
                    code: code.clone(),
                    message: message.clone(),
                };
                let (line, invoice) = (item.line, item.invoice.clone());
                problems.push(Problem {
                    line,
                    invoice,
                    field: "",
                    reason,
                });
            }
        }
        for problem in &problems {
            state.totals.add_problem(problem);
            errors
                .add(problem)
                .map_err(|source| self.unwritten(source))?;
        }
        state.totals.lines += wave.lines;
        state.totals.set_aside_lines += wave.set_aside_lines;
        state.errors_bytes = errors.sync().map_err(|source| self.unwritten(source))?;
        state.waves += 1;
        state.complete = wave.is_last;
        Ok(())
    }

    /// Where an import that was broken off goes on. One that is complete begins anew when it is
    /// asked for again, with the times that it chose: the server recognises every item.
    fn start(&self) -> Checkpoint {
        let fingerprint = self.fingerprint.clone();
        match self.file.load(&fingerprint) {
            Some(saved) if !saved.complete => saved,
            Some(saved) => saved.again(),
            None => Checkpoint {
                fingerprint,
                ..Checkpoint::default()
            },
        }
    }

    fn save(&self, state: &Checkpoint) -> Result<(), ImportError> {
        let failed = |source| ImportError::Write {
            path: self.file.path().to_owned(),
            source,
        };
        self.file.save(state).map_err(failed)
    }

    fn unwritten(&self, source: io::Error) -> ImportError {
        ImportError::Write {
            path: self.settings.errors.clone(),
            source,
        }
    }
}

impl Settings {
    fn unreadable(&self, source: FileError) -> ImportError {
        ImportError::File {
            path: self.file.clone(),
            source,
        }
    }
}

/// A reader that broke off, as an error of the file.
fn io_error(stopped: tokio::task::JoinError) -> FileError {
    FileError::Io(io::Error::other(stopped))
}

/// Bytes as hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
