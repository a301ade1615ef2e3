//! How a Patron service starts, listens, is observed, drains and stops; and how it calls others.
//!
//! A role is described by a [`Service`] and run by [`serve`]. Every call to it passes the same
//! stack of steps (`src/stack/mod.rs` reads as a table of contents): trace, metrics, complete
//! errors, panics, load, deadline, access. A handler then finds its [`caller`] and its [`Deadline`]
//! in the request's extensions, and answers with a [`Refusal`] when it does not do what was asked.
//!
//! Calls to other roles go through [`client::Connector`], which hands on identity, deadline and
//! trace, and retries what may be retried.
//!
//! # Logging
//! - The message is a constant, lower-case sentence; what varies goes into fields.
//! - Fields are dotted names, OpenTelemetry's where it has one (`code.file.path`), with the unit at
//!   the end (`bound_ms`).
//! - `error`: somebody must look. `warn`: somebody must look if it goes on. `info`: the life of the
//!   process. `debug`: single calls. Nothing is logged per call at `info`, but the gateway's access log,
//!   which is off by default.
//! - Never: names, contacts, free text, tokens, request or response bodies, path variables, SQL
//!   parameters, formatted panic messages. Ids of customers and cases may be logged.
//! - Trace ids, span ids and the role's name are added to every line.

pub mod admin;
pub mod audit;
pub mod client;
mod clock;
pub mod config;
mod context;
mod deadline;
pub mod grpc_timeout;
pub mod health;
mod issuers;
pub mod listener;
pub mod metrics;
pub mod paging;
mod records;
mod refusal;
mod reread;
mod role;
mod scope;
mod secret;
mod serve;
mod service;
mod signal;
mod stack;
mod stall;
mod tasks;
pub mod telemetry;
pub mod tls;
mod tokens;
mod trace;

use std::sync::Arc;

use access::Caller;
use contract::patron::r#type::v1::ErrorReason as CommonReason;
use tonic::Code;

pub use clock::Clock;
pub use context::Context;
pub use deadline::Deadline;
pub use issuers::{KeyWatch, NotVerified};
pub use records::{Confined, Named, Owner, Resource, confined, reach};
pub use refusal::{CorruptRefusal, ErrorReason, Refusal};
pub use reread::reread;
pub use scope::spawn;
pub use secret::Secret;
pub use serve::{Drained, Running, ServeError, serve, serve_http};
pub use service::{MAX_MESSAGE_BYTES, Service};
pub use signal::shutdown_signal;
pub use tokens::{no_token, token_refused};
#[doc(hidden)]
pub use tonic::codec::CompressionEncoding;

/// Who makes this call. UNAUTHENTICATED for a call that has not come through the stack with a
/// token: one to an anonymous method, or a request made by hand.
pub fn caller<T>(request: &tonic::Request<T>) -> Result<&Caller, Refusal> {
    let caller = request.extensions().get::<Arc<Caller>>().map(Arc::as_ref);
    caller.ok_or_else(|| {
        let message = "the caller is not known";
        Refusal::new(
            Code::Unauthenticated,
            CommonReason::Unauthenticated,
            message,
        )
    })
}
