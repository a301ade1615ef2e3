//! The contract's messages and ours, one into the other.

mod accruals;
pub(crate) mod adjustments;
pub(crate) mod benefits;
pub(crate) mod challenges;
pub(crate) mod coupons;
mod dates;
pub(crate) mod draws;
pub(crate) mod end_of_day;
mod events;
pub(crate) mod explanation;
pub(crate) mod grants;
mod holds;
pub(crate) mod households;
mod incoming;
pub(crate) mod liability;
mod members;
pub(crate) mod membership;
pub(crate) mod packages;
pub(crate) mod program;
pub(crate) mod programs;
pub(crate) mod rated;
pub(crate) mod rating;
mod redemptions;
pub(crate) mod referrals;
pub(crate) mod rewards;
pub(crate) mod sales;
pub(crate) mod simulation;
mod statement;
pub(crate) mod tiers;
pub(crate) mod transfers;
mod verifications;

use chassis::Refusal;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;
use uuid::Uuid;

use contract::patron::r#type::v1::Money as WireMoney;

use crate::domain::ledger::WalletId;
use crate::domain::{Currency, Money};

pub(crate) use accruals::{accrual, accrue, accrued, credit};
pub(crate) use dates::{date, local_day};
pub(crate) use events::{enrolled, redeemed};
pub(crate) use holds::{confirm, held, hold, place, release, released};
pub(crate) use incoming::{birthday_changed, customer, purchase, returned, survey_completed};
pub(crate) use members::member;
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

/// An amount of money of a request; not below 0.
pub(crate) fn money(money: &WireMoney, field: &str) -> Result<Money, Refusal> {
    let currency = Currency::parse(&money.currency_code);
    let currency = currency.map_err(|_| invalid(field, "must name an ISO 4217 currency"))?;
    let minor = money.amount_minor;
    if minor < 0 {
        return Err(invalid(field, "must not be below 0"));
    }
    Ok(Money { currency, minor })
}

/// An amount of money.
pub(crate) fn amount(money: Money) -> WireMoney {
    WireMoney {
        currency_code: money.currency.to_string(),
        amount_minor: money.minor,
    }
}
