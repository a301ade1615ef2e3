//! The contract's messages and ours, one into the other.

mod accruals;
mod events;
mod holds;
mod incoming;
mod members;
mod programs;
mod redemptions;
mod statement;
mod verifications;

use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;
use uuid::Uuid;

use crate::domain::ledger::WalletId;

pub(crate) use accruals::{accrual, accrue, accrued, credit};
pub(crate) use events::{clawed_back, earned, enrolled, redeemed};
pub(crate) use holds::{confirm, held, hold, place, release, released};
pub(crate) use incoming::{customer, purchase, returned};
pub(crate) use members::member;
pub(crate) use programs::program;
pub(crate) use redemptions::{redeem, redemption};
pub(crate) use statement::{entry, lot};
pub(crate) use verifications::{Parts, heads, result, verification};

/// Reads an id of a request. The contract's own check comes before this.
pub(crate) fn id(text: &str, field: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| invalid(field, "must be a UUID"))
}

/// Reads the code of a point currency; empty is `None`.
pub(crate) fn wallet_id(code: &str, field: &str) -> Result<Option<WalletId>, Refusal> {
    if code.is_empty() {
        return Ok(None);
    }
    let wallet_id = WalletId::parse(code);
    wallet_id
        .map(Some)
        .map_err(|_| invalid(field, "must be the code of a point currency"))
}

/// A field that breaks the contract.
fn invalid(field: &str, description: &str) -> Refusal {
    let message = "the request breaks the contract";
    Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message).field(field, description)
}
