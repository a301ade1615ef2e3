//! Patron as programs that share no code with it see it: Python's gRPC, and a fuzzer that knows the OpenAPI document.
//!
//! They are no part of a build with cargo alone, so these tests are left out of `cargo test`; `make clients` installs
//! what they need and runs them.

use std::process::{Command, Stdio};

use crate::support::{Patron, excerpt, root, shared};

/// Runs a client of `patron` in its folder; what it says is shown when it is not content.
fn run(patron: &Patron, folder: &str, program: &str, arguments: &[&str]) {
    let program = root().join("target/clients/python/bin").join(program);
    let output = Command::new(&program)
        .args(arguments)
        .current_dir(root().join("tests/clients").join(folder))
        .env("GATEWAY", patron.setting("PATRON_GRPC"))
        .env("PATRON_URL", patron.setting("PATRON_URL"))
        .env("TOKEN", patron.setting("PATRON_TOKEN"))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| {
            panic!("`make clients` installs {}: {error}", program.display());
        });
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(output.status.success(), "{arguments:?}:\n{told}");
}

#[test]
#[ignore = "needs the clients that `make clients` installs"]
fn python_makes_calls_of_each_kind_that_the_contract_has() {
    run(
        shared(),
        "python",
        "python",
        &["-m", "unittest", "own_contract"],
    );
}

#[test]
#[ignore = "needs the clients that `make clients` installs"]
fn python_learns_by_reflection_what_patron_offers() {
    let service = "patron.profile.v1.CustomerService";
    run(shared(), "python", "python", &["reflection.py", service]);
}

#[test]
#[ignore = "needs the clients that `make clients` installs"]
fn a_fuzzer_that_knows_the_document_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let orders = excerpt(folder.path(), 300);
    let patron = Patron::start(&["--demo", orders.to_str().unwrap()]);
    patron.wait_for_demo();
    run(&patron, "fuzz", "python", &["run.py"]);
}
