//! Processor time that other processes have used.

use anyhow::Context as _;

/// Ticks per second of `/proc/<pid>/stat`: 100 on every Linux that we run on (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of user and system time that a process has used so far.
pub(crate) fn seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} is gone"))?;
    // The name in parentheses may hold spaces; the numbers begin after it. utime and stime are
    // fields 14 and 15, the name is field 2.
    let (_, numbers) = stat
        .rsplit_once(')')
        .context("no name in /proc/<pid>/stat")?;
    let ticks: f64 = numbers
        .split_ascii_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().unwrap_or_default())
        .sum();
    Ok(ticks / TICKS_PER_SECOND)
}
