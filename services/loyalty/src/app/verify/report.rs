//! What is signed of a verification.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::run::{Verified, totals};
use crate::domain::audit::{Difference, Head};
use crate::store::verifications::VerificationRow;

/// The statement of a report, for people and programs: its names are its contract.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    statement: &'static str,
    verification_id: String,
    created_by: &'a str,
    start_time: Option<Timestamp>,
    end_time: Timestamp,
    sound: bool,
    holder_count: i64,
    operation_count: i64,
    entry_count: i64,
    difference_count: i64,
    differences: Vec<String>,
    /// By point currency and account, in minor units.
    totals: BTreeMap<String, BTreeMap<&'static str, i64>>,
    chains: Vec<Chain>,
}

/// Where a chain ends.
#[derive(Debug, Serialize)]
struct Chain {
    chain: i16,
    link: i64,
    hash: String,
}

impl<'a> Report<'a> {
    pub(super) fn of(row: &'a VerificationRow, verified: &Verified, now: Timestamp) -> Self {
        let counts = verified.counts();
        Self {
            statement: "patron.loyalty.v1.LedgerVerification",
            verification_id: row.verification_id.to_string(),
            created_by: &row.created_by,
            start_time: row.started_at,
            end_time: now,
            sound: counts.differences == 0,
            holder_count: counts.holders,
            operation_count: counts.operations,
            entry_count: counts.entries,
            difference_count: counts.differences,
            differences: verified
                .findings
                .first
                .iter()
                .map(Difference::to_string)
                .collect(),
            totals: totals(&verified.totals),
            chains: verified.heads.iter().map(Chain::of).collect(),
        }
    }
}

impl Chain {
    fn of(head: &Head) -> Self {
        Self {
            chain: head.chain,
            link: head.link,
            hash: head.hex(),
        }
    }
}
