//! The contract's messages and ours, one into the other.

mod events;
mod incoming;
mod members;
mod programs;
mod redemptions;
mod statement;

use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;
use uuid::Uuid;

pub(crate) use events::{clawed_back, earned, enrolled, redeemed};
pub(crate) use incoming::{customer, purchase, returned};
pub(crate) use members::member;
pub(crate) use programs::program;
pub(crate) use redemptions::{order, redemption};
pub(crate) use statement::{entry, lot};

/// Reads an id of a request. The contract's own check comes before this.
pub(crate) fn id(text: &str, field: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| {
        let message = "the request breaks the contract";
        Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message)
            .field(field, "must be a UUID")
    })
}
