//! What customers, orders, returns and traits are, and what may become of them. Pure: no clock, no
//! storage, no wire.

pub(crate) mod accounts;
pub(crate) mod attribute;
pub(crate) mod average;
pub(crate) mod birth_date;
pub(crate) mod book;
pub(crate) mod contact;
pub(crate) mod currencies;
pub(crate) mod customer;
pub(crate) mod field;
pub(crate) mod gender;
pub(crate) mod habits;
pub(crate) mod health;
pub(crate) mod identifier;
pub(crate) mod identity;
pub(crate) mod ids;
pub(crate) mod imports;
pub(crate) mod instant;
pub(crate) mod interaction;
pub(crate) mod invalid;
pub(crate) mod language;
pub(crate) mod money;
pub(crate) mod order;
pub(crate) mod points;
pub(crate) mod privacy;
pub(crate) mod quality;
pub(crate) mod rating;
pub(crate) mod refund;
pub(crate) mod returns;
pub(crate) mod search;
pub(crate) mod segment;
pub(crate) mod settle;
pub(crate) mod tag;
pub(crate) mod tag_rule;
pub(crate) mod text;
pub(crate) mod traits;
pub(crate) mod zone;

#[cfg(test)]
mod history_tests;
