//! Program documents: the contract's into ours, with every problem of one that is not sound.
//!
//! One pass over the document, section by section, in the order of the contract. A reading function
//! notes what is wrong where it stands and goes on, so that one answer tells all; its result is
//! `None` when something is wrong, which is why no placeholder ever gets into a [`Document`].

mod benefits;
mod campaigns;
mod challenges;
mod coupons;
pub(crate) mod diff;
mod draws;
mod earning;
mod fault;
mod grants;
mod names;
mod packages;
mod people;
mod problems;
mod reader;
mod referrals;
mod rewards;
mod tiers;
mod values;
mod wallets;

use ::contract::checks::At;
use contract::patron::loyalty::v1 as contract;

use crate::domain::program::Document;

pub use fault::Fault;
pub(crate) use problems::{Problem, Problems};
use reader::Reader;

/// Reads a document that stands at `at` in what the caller sent.
pub(crate) fn document(
    document: &contract::ProgramDocument,
    at: &At<'_>,
) -> Result<Document, Problems> {
    let mut reader = Reader::new(document);
    reader.contract_rules(document, at);
    let read = reader.document(document, at);
    match read {
        Some(document) if reader.problems.is_empty() => Ok(document),
        _ => Err(reader.problems),
    }
}

#[cfg(test)]
mod tests;
