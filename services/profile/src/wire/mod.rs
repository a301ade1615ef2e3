//! Between the contract's messages and the domain. Nothing is decided here.

pub(crate) mod accounts;
pub(crate) mod attributes;
pub(crate) mod contact;
pub(crate) mod customers;
pub(crate) mod health;
pub(crate) mod identities;
pub(crate) mod imports;
pub(crate) mod interactions;
pub(crate) mod matches;
pub(crate) mod money;
pub(crate) mod orders;
pub(crate) mod privacy;
pub(crate) mod quality;
pub(crate) mod ratings;
pub(crate) mod restrictions;
pub(crate) mod retention;
pub(crate) mod returns;
pub(crate) mod segments;
pub(crate) mod tag_rules;
pub(crate) mod tags;
pub(crate) mod time;
pub(crate) mod timeline;
pub(crate) mod traits;

use uuid::Uuid;

use crate::domain::identity::link::LinkId;
use crate::domain::ids::CustomerId;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::text;

/// A customer id that the contract has checked to be a UUID; empty when it was left out.
pub(crate) fn customer_id(field: &str, text: &str) -> Result<CustomerId, Invalid> {
    let id = Uuid::try_parse(text).map_err(|_| Invalid::new(field, Problem::Missing))?;
    Ok(CustomerId(id))
}

/// A link id that the contract has checked to be a UUID; empty when it was left out.
pub(crate) fn link_id(field: &str, text: &str) -> Result<LinkId, Invalid> {
    let id = Uuid::try_parse(text).map_err(|_| Invalid::new(field, Problem::Missing))?;
    Ok(LinkId(id))
}

/// Refuses text that can't be stored.
pub(crate) fn text(field: &str, text: &str) -> Result<(), Invalid> {
    text::check(|| field.to_owned(), text)
}
