//! The gRPC services: decode, call, encode. [`serve`] lists them all.

mod accruals;
mod adjustments;
mod benefits;
mod call;
mod challenges;
mod coupons;
mod draws;
mod end_of_day;
mod explanations;
mod grants;
mod holds;
mod households;
mod liability;
mod members;
mod membership;
mod paging;
mod programs;
mod rating;
mod referrals;
mod refusals;
mod rewards;
mod run_refusals;
mod serve;
mod simulations;
mod tiers;
mod transfers;
mod verifications;

pub(crate) use serve::{Parts, serve};
