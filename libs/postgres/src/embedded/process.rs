//! Servers as processes of the machine.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

/// Whether `pid` is a server that runs on `data`. Process ids are used again, so that it exists is
/// not enough; and of a dead process that nobody has collected yet, no command line is left.
pub(super) fn is_server_of(pid: u32, data: &Path) -> bool {
    let command_line = command_line(pid).unwrap_or_default();
    command_line.contains("postgres") && command_line.contains(&*data.to_string_lossy())
}

fn command_line(pid: u32) -> Option<String> {
    if Path::new("/proc/self/cmdline").exists() {
        return fs::read_to_string(format!("/proc/{pid}/cmdline")).ok();
    }
    let ps = Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    String::from_utf8(ps.stdout).ok()
}

/// Sends `signal`; it does not matter whether the process is gone already.
pub(super) fn signal(pid: u32, signal: Signal) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    if let Err(error) = kill_process(pid, signal) {
        tracing::debug!(?pid, %error, "a signal found no process");
    }
}

/// Whether any process has this id.
pub(crate) fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}
