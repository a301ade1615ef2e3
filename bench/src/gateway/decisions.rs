//! How long it takes to decide whether a caller may do something.

use std::hint::black_box;
use std::time::Instant;

use access::{Caller, Roles};

use crate::report::Figure;

const ROUNDS: u32 = 20;
const DECISIONS: u32 = 10_000;

/// Measures decisions that were made before, as nearly all are: for each combination of roles, regions and
/// permission once. The services make them, in a process of their own; here the same code runs in this one.
pub(super) fn measure() -> anyhow::Result<Figure> {
    let roles = Roles::default();
    let caller = Caller {
        roles: vec!["agent".to_owned()],
        regions: vec!["GB".to_owned(), "IE".to_owned()],
        ..Caller::service("profile")
    };
    let decide = || {
        let exposure = roles.exposure(black_box(&caller));
        (roles.allows(&caller, "profile.customers.read"), exposure)
    };
    anyhow::ensure!(decide().0, "an agent may not read customers");
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for _ in 0..DECISIONS {
            black_box(decide());
        }
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / f64::from(DECISIONS));
    }
    let figure = Figure::new("gateway/access_decision", best, "µs");
    Ok(figure.aiming("< 30 µs", |figure| figure.value < 30.0))
}
