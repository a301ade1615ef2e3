//! What several tests need.

use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use postgres::Migrations;
use sqlx::migrate::Migrator;
use tokio::time::{Instant, sleep};

static LIBRARY: Migrator = sqlx::migrate!("tests/migrations/library");
static SERVICE: Migrator = sqlx::migrate!("tests/migrations/service");
static NEXT: Migrator = sqlx::migrate!("tests/migrations/next");

/// A release of a service that stands on a library.
pub(crate) static RELEASE: Migrations = Migrations::new("sample", &[&LIBRARY, &SERVICE]);
/// The release after it.
pub(crate) static NEXT_RELEASE: Migrations =
    Migrations::new("sample", &[&LIBRARY, &SERVICE, &NEXT]);
/// A service before its first migration.
pub(crate) static EMPTY: Migrations = Migrations::new("empty", &[]);

/// Waits until `condition` holds, for at most half a minute.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Sends a signal by name.
pub(crate) fn signal(name: &str, pid: u32) {
    let status = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status();
    assert!(
        status.expect("the kill program").success(),
        "{name} to {pid}"
    );
}

/// Whether a process runs, a dead one that nobody has collected not counted.
pub(crate) fn runs(pid: u32) -> bool {
    let command_line = std::fs::read(format!("/proc/{pid}/cmdline"));
    command_line.is_ok_and(|text| !text.is_empty())
}

/// Runs one ignored test of `executable` as a process of its own, told of `folder`.
pub(crate) fn run_alone(executable: &Path, test: &str, folder: &Path) -> Child {
    Command::new(executable)
        .args([test, "--exact", "--ignored"])
        .env("PATRON_TEST_FOLDER", folder)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the test binary runs")
}

/// The folder that [`run_alone`] was given; none when the test was started by hand.
#[expect(
    clippy::disallowed_methods,
    reason = "the one way to tell a test process anything"
)]
pub(crate) fn folder_given() -> Option<std::path::PathBuf> {
    std::env::var("PATRON_TEST_FOLDER").ok().map(Into::into)
}

/// Waits to be killed, but not for ever.
pub(crate) async fn wait_to_be_killed() {
    sleep(Duration::from_mins(1)).await;
}
