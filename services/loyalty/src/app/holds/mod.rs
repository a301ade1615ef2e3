//! Holding points, and spending or giving back what is held.

mod confirm;
mod place;
mod release;

use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;

pub(crate) use confirm::Confirm;
pub(crate) use place::Place;
pub(crate) use release::Release;

/// The methods, as keys of requests name them.
pub(crate) const CREATE: &str = "patron.loyalty.v1.HoldService/CreateHold";
pub(crate) const CONFIRM: &str = "patron.loyalty.v1.HoldService/ConfirmHold";
pub(crate) const RELEASE: &str = "patron.loyalty.v1.HoldService/ReleaseHold";

fn details(program_version: i64, details: Details) -> contract::OperationDetails {
    contract::OperationDetails {
        program_version,
        details: Some(details),
    }
}
