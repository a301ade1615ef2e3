//! The RPCs: decode, call, encode. Who may call is decided before, by what the contract declares.

pub(crate) mod access_files;
pub(crate) mod accounts;
pub(crate) mod activities;
pub(crate) mod attributes;
mod balances;
pub(crate) mod batch;
pub(crate) mod consents;
pub(crate) mod contacts;
pub(crate) mod customers;
pub(crate) mod exports;
pub(crate) mod health;
pub(crate) mod identities;
pub(crate) mod imports;
pub(crate) mod interactions;
pub(crate) mod lists;
pub(crate) mod matches;
pub(crate) mod overview;
pub(crate) mod privacy;
pub(crate) mod quality;
pub(crate) mod ratings;
pub(crate) mod restrictions;
pub(crate) mod retention;
pub(crate) mod segments;
pub(crate) mod tag_rules;
pub(crate) mod tags;

use chassis::Deadline;
use tonic::Request;

use crate::app::DEFAULT_TIME;

fn deadline<T>(request: &Request<T>) -> Deadline {
    let given = request.extensions().get::<Deadline>().copied();
    given.unwrap_or_else(|| Deadline::after(DEFAULT_TIME))
}
