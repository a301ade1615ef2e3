//! The loyalty service over a real socket, on a real database, fed by a real feed.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod all {
    mod accounts;
    mod accruals;
    mod activities;
    mod adjustments;
    mod challenges;
    mod conformance;
    mod coupons;
    mod crowd;
    mod draws;
    mod erasure;
    mod explanations;
    mod holds;
    mod households;
    mod ledger;
    mod liability;
    mod lists;
    mod membership;
    mod merges;
    mod programs;
    mod queues;
    mod redemptions;
    mod referrals;
    mod rewards;
    mod shop;
    mod simulations;
    mod support;
    mod tiers;
    mod transfers;
}
