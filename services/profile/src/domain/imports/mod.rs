//! Files of customers.

pub(crate) mod attributes;
pub(crate) mod columns;
pub(crate) mod crowd;
pub(crate) mod forget;
mod meet;
pub(crate) mod records;
pub(crate) mod register;
pub(crate) mod row;
pub(crate) mod values;

use jiff::Timestamp;

use super::ids::ImportId;
use columns::Column;
use records::{Place, Style};

/// So many rows may be wrong when nothing else is said: a wrong mapping shows long before, a few wrong
/// lines in a million never stop the rest.
pub(crate) const DEFAULT_MAX_FAILED: i64 = 10_000;

/// What was said of a file before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) display_name: String,
    pub(crate) channel: String,
    pub(crate) style: Style,
    pub(crate) encoding: Encoding,
    pub(crate) columns: Vec<Column>,
    /// When the channel saw what rows without a time of their own say.
    pub(crate) observe_time: Timestamp,
    /// 0: not known.
    pub(crate) size_bytes: i64,
    pub(crate) max_failed: i64,
    /// Nothing is changed, everything is counted.
    pub(crate) dry_run: bool,
}

/// An import and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) id: ImportId,
    pub(crate) plan: Plan,
    pub(crate) state: State,
    /// The names in the first row, once it was read.
    pub(crate) header: Option<Vec<String>>,
    /// Where the first row begins that was not looked at.
    pub(crate) next: Place,
    pub(crate) counts: Counts,
    pub(crate) created_by: String,
    pub(crate) create_time: Timestamp,
    pub(crate) update_time: Timestamp,
}

/// How letters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Gb18030,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    Done,
    /// Too many rows were wrong.
    Failed,
    Undoing,
    Undone,
}

/// Rows by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) unchanged: i64,
    pub(crate) failed: i64,
    /// Of them, those that were taken back.
    pub(crate) undone: i64,
    /// Customers who were removed.
    pub(crate) removed: i64,
}

/// What became of a row that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Created,
    Updated,
    Unchanged,
}

/// What is wrong with a row. No values: they may be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The column at fault, else the field; empty when it is not one alone.
    pub(crate) field: String,
    /// The reason that a call would have been refused for.
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// Why an import does not do what is asked of it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotNow {
    #[error("the import takes nothing in any more")]
    NotOpen { state: State },
    #[error("the bytes do not follow those that were taken in")]
    Gap { next_offset: i64 },
}

impl State {
    /// All of them, and how they are written.
    pub(crate) const NAMES: [(&'static str, Self); 5] = [
        ("open", Self::Open),
        ("done", Self::Done),
        ("failed", Self::Failed),
        ("undoing", Self::Undoing),
        ("undone", Self::Undone),
    ];

    /// How it is written.
    pub(crate) fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, state)| *state == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Counts {
    /// How many rows were looked at.
    pub(crate) fn rows(&self) -> i64 {
        [self.created, self.updated, self.unchanged, self.failed]
            .into_iter()
            .fold(0, i64::saturating_add)
    }

    /// Adds those of more rows.
    pub(crate) fn add(&mut self, more: Self) {
        let Self {
            created,
            updated,
            unchanged,
            failed,
            undone,
            removed,
        } = more;
        self.created = self.created.saturating_add(created);
        self.updated = self.updated.saturating_add(updated);
        self.unchanged = self.unchanged.saturating_add(unchanged);
        self.failed = self.failed.saturating_add(failed);
        self.undone = self.undone.saturating_add(undone);
        self.removed = self.removed.saturating_add(removed);
    }

    /// Counts a row that was taken in.
    pub(crate) fn count(&mut self, outcome: Outcome) {
        let place = match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
        };
        *place = place.saturating_add(1);
    }
}

impl Import {
    /// An import of which nothing was sent.
    pub(crate) fn create(id: ImportId, plan: Plan, created_by: &str, now: Timestamp) -> Self {
        Self {
            id,
            plan,
            state: State::Open,
            header: None,
            next: Place::START,
            counts: Counts::default(),
            created_by: created_by.to_owned(),
            create_time: now,
            update_time: now,
        }
    }

    /// Refuses rows that begin elsewhere than those that were taken in end.
    pub(crate) fn check_follows(&self, from: Place) -> Result<(), NotNow> {
        if self.state != State::Open {
            return Err(NotNow::NotOpen { state: self.state });
        }
        if self.next.offset != from.offset {
            return Err(NotNow::Gap {
                next_offset: self.next.offset,
            });
        }
        Ok(())
    }

    /// How many of the bytes that begin at `offset` were taken in already.
    pub(crate) fn known_of(&self, offset: i64) -> Result<i64, NotNow> {
        let known = self.next.offset.checked_sub(offset);
        known.filter(|known| *known >= 0).ok_or(NotNow::Gap {
            next_offset: self.next.offset,
        })
    }

    /// Moves on after some rows. Too many wrong ones are the end of it, and so is the end of the file.
    pub(crate) fn advance(&mut self, to: Place, ends: bool, now: Timestamp) {
        self.next = to;
        self.update_time = self.update_time.max(now);
        if self.counts.failed > self.plan.max_failed {
            self.state = State::Failed;
        } else if ends {
            self.state = State::Done;
        }
    }

    /// Begins to take it back; answers whether that is new.
    pub(crate) fn undo(&mut self, now: Timestamp) -> bool {
        if matches!(self.state, State::Undoing | State::Undone) {
            return false;
        }
        self.state = State::Undoing;
        self.update_time = self.update_time.max(now);
        true
    }
}
