//! The RPCs: decode, call, encode. Who may call is decided before, by what the contract declares.

pub(crate) mod activities;
pub(crate) mod batch;
pub(crate) mod consents;
pub(crate) mod contacts;
pub(crate) mod customers;
pub(crate) mod identities;
pub(crate) mod lists;
pub(crate) mod matches;

use std::time::Duration;

use chassis::Deadline;
use tonic::Request;

/// Time for a call that comes without a deadline, which only those in this process can.
const DEFAULT_TIME: Duration = Duration::from_secs(30);

fn deadline<T>(request: &Request<T>) -> Deadline {
    let given = request.extensions().get::<Deadline>().copied();
    given.unwrap_or_else(|| Deadline::after(DEFAULT_TIME))
}
