//! Processor time that other processes have used.

use anyhow::Context as _;

/// Ticks per second of `/proc/<pid>/stat`: 100 on every Linux that we run on (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds of user and system time that a process has used so far.
pub(crate) fn seconds(pid: u32) -> anyhow::Result<f64> {
    // utime and stime are fields 14 and 15.
    Ok(ticks(pid, 2)? / TICKS_PER_SECOND)
}

/// The same of a process and all that it has started, those that have ended included.
pub(crate) fn seconds_of_family(pid: u32) -> anyhow::Result<f64> {
    // cutime and cstime, of children that have ended, follow.
    let mut all = ticks(pid, 4)?;
    for child in children(pid)? {
        // One that ends meanwhile is counted by its parent the next time.
        all += ticks(child, 4).unwrap_or_default();
    }
    Ok(all / TICKS_PER_SECOND)
}

/// So many numbers of ticks of `/proc/<pid>/stat` from field 14 on.
fn ticks(pid: u32, fields: usize) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} is gone"))?;
    // The name in parentheses may hold spaces; the numbers begin after it, with field 3.
    let (_, numbers) = stat
        .rsplit_once(')')
        .context("no name in /proc/<pid>/stat")?;
    let ticks = numbers.split_ascii_whitespace().skip(11).take(fields);
    Ok(ticks
        .map(|ticks| ticks.parse::<f64>().unwrap_or_default())
        .sum())
}

fn children(pid: u32) -> anyhow::Result<Vec<u32>> {
    let path = format!("/proc/{pid}/task/{pid}/children");
    let children = std::fs::read_to_string(path)?;
    let children = children.split_ascii_whitespace();
    Ok(children.filter_map(|child| child.parse().ok()).collect())
}

/// The most memory that a process has had, in MiB.
pub(crate) fn peak_memory_mib(pid: u32) -> anyhow::Result<f64> {
    status_mib(pid, "VmHWM:")
}

/// The memory that a process has now, in MiB.
pub(crate) fn memory_mib(pid: u32) -> anyhow::Result<f64> {
    status_mib(pid, "VmRSS:")
}

fn status_mib(pid: u32, name: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(kib.with_context(|| format!("no {name} in /proc/<pid>/status"))? / 1024.0)
}
