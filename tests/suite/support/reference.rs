//! What a file of orders comes to, by a program that shares nothing with Patron.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use chassis::Clock;
use serde::Deserialize;

/// Orders, points and tiers under the default program.
#[derive(Debug, Deserialize)]
pub(crate) struct Reference {
    /// By the account number that the orders carry.
    pub(crate) members: BTreeMap<String, Member>,
    pub(crate) order_count: u64,
    pub(crate) issued: i64,
    pub(crate) clawed_back: i64,
    pub(crate) expired: i64,
    pub(crate) available: i64,
    pub(crate) liability_minor: i64,
}

/// One member.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    pub(crate) orders: u64,
    pub(crate) available: i64,
    /// Empty: on none.
    pub(crate) tier: String,
}

impl Reference {
    /// Runs the program on a file whose times the import moved by so many weeks.
    pub(crate) fn of(file: &Path, shift_weeks: i64) -> Self {
        let output = Command::new("python3")
            .arg(root().join("tests/loyalty_reference.py"))
            .arg(file)
            .args(["--shift-weeks", &shift_weeks.to_string()])
            .args(["--as-of", &Clock::system().now().to_string()])
            .output()
            .expect("python3 (make test installs it)");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
