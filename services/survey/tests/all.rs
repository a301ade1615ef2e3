//! The survey service over a real socket, on a real database, fed by real feeds.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod all {
    mod answers;
    mod conformance;
    mod invitations;
    mod queues;
    mod retention;
    mod sealed;
    mod support;
}
