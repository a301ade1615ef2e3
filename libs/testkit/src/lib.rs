//! What the tests of services share: callers with tokens, a role on free ports, the feeds of services that
//! are not there, where customers are, and waiting for what follows by itself.
//!
//! Whatever fails here panics with what it means: a test can't go on.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use it, and they fail by panicking"
)]

mod callers;
mod keyring;
mod places;
mod refused;
mod regions;
mod role;
mod source;
mod waiting;

pub use callers::{Bearer, Caller, report_key};
pub use keyring::{keyring, keyrings};
pub use places::places;
pub use refused::{fields, metadata, reason};
pub use regions::Regions;
pub use role::{Role, config};
pub use source::{Source, silent};
pub use waiting::{at_once, until};
