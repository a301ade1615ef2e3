//! What is told in the end.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::callers::Goodput;
use crate::floods::{Did, Flood};

/// The part of the calls of those who behave that must be answered.
const MIN_GOODPUT_PERCENT: u64 = 90;

/// What memory may grow by during an attack, in MiB. A debug build with five services and their pools.
const MAX_GROWTH_MIB: u64 = 128;

/// One attack and what came of it.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: &'static str,
    asvs: &'static str,
    did: String,
    goodput_percent: Option<u64>,
    slowest_ms: Option<u64>,
    growth_mib: Option<u64>,
    faults: Vec<String>,
}

/// All of them.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Row {
    /// A flood.
    pub(crate) fn of_flood(attack: &Flood, did: Did, goodput: Goodput, growth_mib: u64) -> Self {
        let percent = goodput.percent();
        let mut faults = Vec::new();
        if percent < MIN_GOODPUT_PERCENT {
            faults.push(format!("less than {MIN_GOODPUT_PERCENT} % were answered"));
        }
        if growth_mib > MAX_GROWTH_MIB {
            faults.push(format!("memory grew by more than {MAX_GROWTH_MIB} MiB"));
        }
        Self {
            name: attack.name,
            asvs: attack.asvs,
            did: format!(
                "{} {}, {} connections",
                did.acts, attack.act, did.connections
            ),
            goodput_percent: Some(percent),
            slowest_ms: Some(goodput.slowest_ms),
            growth_mib: Some(growth_mib),
            faults,
        }
    }

    /// Calls that must all be refused, with those that were not.
    pub(crate) fn of_calls(
        name: &'static str,
        asvs: &'static str,
        calls: usize,
        faults: Vec<String>,
    ) -> Self {
        Self {
            name,
            asvs,
            did: format!("{calls} calls"),
            goodput_percent: None,
            slowest_ms: None,
            growth_mib: None,
            faults,
        }
    }
}

impl Report {
    pub(crate) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Whether all attacks were withstood.
    pub(crate) fn is_good(&self) -> bool {
        self.rows.iter().all(|row| row.faults.is_empty())
    }

    pub(crate) fn write(&self, path: &Path) -> anyhow::Result<()> {
        Ok(std::fs::write(path, serde_json::to_vec_pretty(self)?)?)
    }
}

/// The most faults of one attack that are shown; the file has them all.
const SHOWN: usize = 5;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |figure: Option<u64>| figure.map_or_else(|| "-".into(), |it| it.to_string());
        writeln!(
            f,
            "{:<18} {:<7} {:>9} {:>8} {:>7}  what was done",
            "attack", "ASVS", "goodput %", "worst ms", "+MiB"
        )?;
        for row in &self.rows {
            writeln!(
                f,
                "{:<18} {:<7} {:>9} {:>8} {:>7}  {}",
                row.name,
                row.asvs,
                shown(row.goodput_percent),
                shown(row.slowest_ms),
                shown(row.growth_mib),
                row.did
            )?;
            for fault in row.faults.iter().take(SHOWN) {
                writeln!(f, "    FAILED: {fault}")?;
            }
        }
        Ok(())
    }
}
