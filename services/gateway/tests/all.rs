//! The gateway over real sockets, with a contract of its own and a service that sends back what it
//! gets.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail the test that uses them"
)]

#[path = "all/anonymous.rs"]
mod anonymous;
#[path = "all/api_keys.rs"]
mod api_keys;
#[path = "all/clients.rs"]
mod clients;
#[path = "all/concurrency.rs"]
mod concurrency;
#[path = "all/differential/mod.rs"]
mod differential;
#[path = "all/edge.rs"]
mod edge;
#[path = "all/errors.rs"]
mod errors;
#[path = "all/four_kinds.rs"]
mod four_kinds;
#[path = "all/grpc.rs"]
mod grpc;
#[path = "all/gzip.rs"]
mod gzip;
#[path = "all/json.rs"]
mod json;
#[path = "all/judged.rs"]
mod judged;
#[path = "all/killed.rs"]
mod killed;
#[path = "all/openapi.rs"]
mod openapi;
#[path = "all/reflection.rs"]
mod reflection;
#[path = "all/rest.rs"]
mod rest;
#[path = "all/streams.rs"]
mod streams;
#[path = "all/support/mod.rs"]
mod support;
#[path = "all/trace.rs"]
mod trace;
