//! Coupons: issued, reserved for a basket, used, given back, voided.

mod basket;
mod batch;
mod codes;
mod error;
mod facts;
mod follow;
mod grant;
mod issue;
mod read;
mod reserve;
mod settle;
mod void;

pub(crate) use basket::{Checked, Wanted, check};
pub(crate) use batch::run as issue_batches;
pub(crate) use error::CouponsError;
pub(crate) use follow::follow;
pub(crate) use grant::{issue_one, void_granted};
pub(crate) use issue::{Issue, issue};
pub(crate) use read::{Described, batch, batch_coupons, by_code, member_coupons, reservation};
pub(crate) use reserve::{Reserve, reserve};
pub(crate) use settle::{release, use_for};
pub(crate) use void::{void, void_batch};
