//! The same as in `histories`, for as long as one likes.
//!
//! `PATRON_SOAK_OPERATIONS` says how many operations (a million when it is not set), and
//! `PATRON_SOAK_SEED` repeats a run: its seed is printed first.

use std::cell::RefCell;
use std::hash::{BuildHasher as _, RandomState};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::histories::{Tally, history, live};

const OPERATIONS: u64 = 1_000_000;
/// Histories between two looks at the number of operations.
const BATCH: u32 = 200;

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no configuration but its environment"
)]
fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.replace('_', "").parse().expect("a whole number"))
}

#[test]
#[ignore = "takes long: `make soak` runs it"]
fn a_long_run_equals_the_naive_model_after_each_act() {
    let operations = number("PATRON_SOAK_OPERATIONS").unwrap_or(OPERATIONS);
    let any_seed = RandomState::new().hash_one("seed");
    let seed = number("PATRON_SOAK_SEED").unwrap_or(any_seed);
    println!("{operations} operations, PATRON_SOAK_SEED={seed}");

    let tally = RefCell::new(Tally::new());
    let mut batch = 0;
    while tally.borrow().values().sum::<u64>() < operations {
        let lived = runner(seed, batch).run(&history(80), |(houses, acts)| {
            live(houses, &acts, &mut tally.borrow_mut());
            Ok(())
        });
        lived.unwrap_or_else(|failure| panic!("PATRON_SOAK_SEED={seed}: {failure}"));
        batch += 1;
    }
    for ((act, outcome), count) in tally.into_inner() {
        println!("{act:>14} {outcome:<14} {count:>8}");
    }
}

/// A runner ends with its batch; each has random numbers of its own.
fn runner(seed: u64, batch: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&batch.to_le_bytes());
    let config = Config {
        cases: BATCH,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}
