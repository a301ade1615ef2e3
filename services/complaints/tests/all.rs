//! The complaints service over a real socket, on a real database, fed by a real feed.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

mod all {
    mod cases;
    mod confined;
    mod conformance;
    mod follow_ups;
    mod queues;
    mod retention;
    mod sealed;
    mod support;
}
