//! The binary as a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Api;

/// Longest time from start to the first answer: the first one makes a database cluster.
const START_BOUND: Duration = Duration::from_mins(2);

/// Longest time that loading the demo may take, in a debug build beside other tests.
const DEMO_BOUND: Duration = Duration::from_mins(10);

/// Of the log of a failed test, so many lines are shown.
const LAST_LINES: usize = 200;

/// A running `patron up`. It stops with this value, and with the test process: it watches its
/// standard input, whose other end is here.
pub(crate) struct Patron {
    child: Child,
    data: PathBuf,
    /// Goes with this value when it was made for it.
    temporary: Option<TempDir>,
}

/// One Patron without the demo, shared by all tests that keep to customers of their own.
pub(crate) fn shared() -> &'static Patron {
    static SHARED: OnceLock<Patron> = OnceLock::new();
    SHARED.get_or_init(|| Patron::start(&["--no-demo"]))
}

impl Patron {
    /// Starts on a new data folder and waits until the gateway answers.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let temporary = tempfile::Builder::new()
            .prefix("patron-suite-")
            .tempdir()
            .unwrap();
        let mut patron = Self::spawn(temporary.path(), arguments);
        patron.temporary = Some(temporary);
        patron.wait_until_ready();
        patron
    }

    /// Starts on a data folder that may have been used before.
    pub(crate) fn start_in(data: &Path, arguments: &[&str]) -> Self {
        let mut patron = Self::spawn(data, arguments);
        patron.wait_until_ready();
        patron
    }

    fn spawn(data: &Path, arguments: &[&str]) -> Self {
        // A leftover of the last run must not be taken for this one's.
        let _ = fs::remove_file(data.join("dev.env"));
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(data.join("suite.log"))
            .unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_patron"))
            .args(["up", "--port", "0", "--stop-with-stdin", "--data-dir"])
            .arg(data)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self {
            child,
            data: data.to_owned(),
            temporary: None,
        }
    }

    fn wait_until_ready(&mut self) {
        let give_up = Instant::now() + START_BOUND;
        while !self.data.join("dev.env").exists() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "patron ended: {ended:?}\n{}", self.log());
            assert!(
                Instant::now() < give_up,
                "patron did not start\n{}",
                self.log()
            );
            pause();
        }
    }

    /// What it printed.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.data.join("suite.log")).unwrap_or_default()
    }

    /// Waits until the demo has been loaded.
    pub(crate) fn wait_for_demo(&self) {
        let give_up = Instant::now() + DEMO_BOUND;
        while !self.log().contains("the demo is loaded") {
            assert!(
                Instant::now() < give_up,
                "the demo is not loaded\n{}",
                self.log()
            );
            pause();
        }
    }

    /// By how many weeks the demo's times were moved.
    pub(crate) fn demo_shift_weeks(&self) -> i64 {
        let checkpoint = fs::read(self.data.join("demo.import.json")).unwrap();
        let checkpoint: serde_json::Value = serde_json::from_slice(&checkpoint).unwrap();
        checkpoint["shift_weeks"].as_i64().unwrap()
    }

    /// A value of `dev.env`.
    pub(crate) fn setting(&self, name: &str) -> String {
        let file = fs::read_to_string(self.data.join("dev.env")).unwrap();
        let prefix = format!("{name}=");
        let line = file.lines().find_map(|line| line.strip_prefix(&prefix));
        line.unwrap_or_else(|| panic!("no {name} in {file}"))
            .trim_matches('"')
            .to_owned()
    }

    /// A client with the operator's token. Make one in each test: it belongs to its runtime.
    pub(crate) fn api(&self) -> Api {
        Api::new(&self.setting("PATRON_URL"), &self.setting("PATRON_TOKEN"))
    }

    /// A gRPC channel to the gateway.
    pub(crate) fn channel(&self) -> tonic::transport::Channel {
        let address = format!("http://{}", self.setting("PATRON_GRPC"));
        tonic::transport::Endpoint::from_shared(address)
            .unwrap()
            .connect_lazy()
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// Runs another command of the binary against this Patron.
    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_patron"))
            .args(arguments)
            .env("PATRON_URL", self.setting("PATRON_URL"))
            .env("PATRON_GRPC", self.setting("PATRON_GRPC"))
            .env("PATRON_TOKEN", self.setting("PATRON_TOKEN"))
            .output()
            .unwrap()
    }

    /// Ends it as a power failure would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> std::process::ExitStatus {
        drop(self.child.stdin.take());
        self.child.wait().unwrap()
    }
}

fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// Between two looks at something that another process does.
#[expect(
    clippy::disallowed_methods,
    reason = "starting is waited for without a runtime"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

impl Drop for Patron {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The log goes with the folder, and with it why a call was answered as it was.
            eprintln!("what patron printed last:\n{}", last_lines(&self.log()));
        }
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
