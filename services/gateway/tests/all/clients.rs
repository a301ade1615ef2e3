//! Clients that share no code with the gateway: Python's gRPC (its C core) and the gRPC-Web of Node.
//!
//! They are no part of a build with cargo alone, so these tests are left out of `cargo test`; `make clients` installs
//! what they need and runs them.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::support::{Bench, wait_until};

/// Longest time that one client may take for all its calls.
const PATIENCE: Duration = Duration::from_mins(1);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a client; what it says is shown when it is not content.
async fn run(bench: &Bench, program: PathBuf, arguments: &[&str], folder: &str) {
    let output = Command::new(&program)
        .args(arguments)
        .current_dir(root().join("tests/clients").join(folder))
        .env("GATEWAY", bench.address().to_string())
        .env("TOKEN", &bench.token)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, output).await.unwrap();
    let output = output.unwrap_or_else(|error| {
        panic!("`make clients` installs {}: {error}", program.display());
    });
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(output.status.success(), "{arguments:?}:\n{told}");
}

async fn python(bench: &Bench, test: &str) {
    let program = root().join("target/clients/python/bin/python");
    run(bench, program, &["-m", "unittest", test], "python").await;
}

async fn node(bench: &Bench, test: &str) {
    let pattern = format!("--test-name-pattern=^{test}");
    let arguments = ["--test", &pattern, "echo.test.js"];
    run(bench, "node".into(), &arguments, "node").await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn pythons_calls_of_all_kinds_keep_messages_metadata_and_trailers() {
    let bench = Bench::start().await;
    python(&bench, "echo.Metadata").await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn pythons_packed_messages_arrive_packed_and_come_back_so() {
    let bench = Bench::start().await;
    python(&bench, "echo.Compression").await;
    let kinds = 4;
    assert_eq!(bench.upstream.packed_calls(), kinds);
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn python_reads_the_details_of_refusals_in_calls_of_all_kinds() {
    let bench = Bench::start().await;
    python(&bench, "echo.Refusals").await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn pythons_calls_of_all_kinds_end_at_their_deadline_on_both_sides() {
    let bench = Bench::start().await;
    python(&bench, "echo.Deadlines").await;
    wait_until(|| bench.upstream.given_up() == 4).await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn the_service_learns_when_python_gives_up_calls_of_all_kinds() {
    let bench = Bench::start().await;
    python(&bench, "echo.Cancellation").await;
    wait_until(|| bench.upstream.given_up() == 4).await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn python_learns_by_reflection_what_it_can_call() {
    let bench = Bench::start().await;
    python(&bench, "reflection.Reflection").await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn nodes_grpc_web_keeps_messages_and_metadata_in_both_formats() {
    let bench = Bench::start().await;
    node(&bench, "messages").await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn nodes_grpc_web_reads_the_details_of_refusals_in_both_formats() {
    let bench = Bench::start().await;
    node(&bench, "refusals").await;
}

#[tokio::test]
#[ignore = "needs the clients that `make clients` installs"]
async fn nodes_grpc_web_calls_end_at_their_deadline_and_when_they_are_given_up() {
    let bench = Bench::start().await;
    node(&bench, "ends").await;
    // Unary and streaming, at their deadline and given up, in both formats.
    wait_until(|| bench.upstream.given_up() == 8).await;
}
