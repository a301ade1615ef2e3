//! The file, a bounded part at a time.

use super::csv::{FileError, Lines};
use super::group::{Grouping, Invoice};
use super::plan::{Item, Planned, Planner};
use super::problem::Problem;

/// Items after which a wave ends, with the invoice that is begun. The next one is read while this
/// one is sent, and this one is sent wholly before the next, so two waves are in memory.
pub(crate) const WAVE_ITEMS: usize = 1000;

/// Problems after which a wave ends, too: a file that is nothing but broken lines has no items.
const WAVE_PROBLEMS: usize = 10_000;

/// A part of the file. The same file is always cut at the same places.
#[derive(Debug, Default)]
pub(crate) struct Wave {
    pub(crate) items: Vec<Item>,
    pub(crate) problems: Vec<Problem>,
    /// Lines that were read for it, without the header.
    pub(crate) lines: u64,
    pub(crate) set_aside_lines: u64,
    /// True for the last of the file.
    pub(crate) is_last: bool,
}

impl Wave {
    fn add(&mut self, planned: Planned) {
        self.items.extend(planned.items);
        self.problems.extend(planned.problems);
        self.set_aside_lines += planned.set_aside_lines;
    }

    fn is_full(&self) -> bool {
        self.items.len() >= WAVE_ITEMS || self.problems.len() >= WAVE_PROBLEMS
    }
}

/// Reads a file to its end and hands on its waves, until `take` answers that it wants no more. The
/// first `skip_waves` are read but not handed on: what they hold may come back later in the file.
pub(crate) fn read(
    mut lines: Lines,
    mut planner: Planner,
    skip_waves: u64,
    mut take: impl FnMut(Wave) -> bool,
) -> Result<(), FileError> {
    let mut grouping = Grouping::default();
    let mut wave = Wave::default();
    let mut skip = skip_waves;
    let mut hand_on = |wave: Wave| {
        if skip > 0 {
            skip -= 1;
            return true;
        }
        take(wave)
    };
    while let Some(line) = lines.next()? {
        wave.lines += 1;
        let invoice: Option<Invoice> = match line {
            Ok(line) => grouping.push(line),
            Err(problem) => {
                wave.problems.push(problem);
                None
            }
        };
        if let Some(invoice) = invoice {
            wave.add(planner.plan(&invoice));
        }
        if wave.is_full() && !hand_on(std::mem::take(&mut wave)) {
            return Ok(());
        }
    }
    while let Some(invoice) = grouping.close() {
        wave.add(planner.plan(&invoice));
        if wave.is_full() && !hand_on(std::mem::take(&mut wave)) {
            return Ok(());
        }
    }
    hand_on(Wave {
        is_last: true,
        ..wave
    });
    Ok(())
}
