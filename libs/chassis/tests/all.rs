//! A role over real sockets: what a caller, an operator and a peer of it can rely on.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

#[path = "all/access.rs"]
mod access;
#[path = "all/admin.rs"]
mod admin;
#[path = "all/client.rs"]
mod client;
#[path = "all/compression.rs"]
mod compression;
#[path = "all/connections.rs"]
mod connections;
#[path = "all/deadlines.rs"]
mod deadlines;
#[path = "all/drain.rs"]
mod drain;
#[path = "all/errors.rs"]
mod errors;
#[path = "all/harness.rs"]
mod harness;
#[path = "all/http_handler.rs"]
mod http_handler;
#[path = "all/issuers.rs"]
mod issuers;
#[path = "all/mutual_tls.rs"]
mod mutual_tls;
#[path = "all/subjects.rs"]
mod subjects;
