use ::contract::time::timestamp;
use contract::patron::loyalty::v1 as contract;
use contract::verification::State;
use prost::Message as _;

use crate::domain::audit::{Difference, Head, Totals};
use crate::store::verifications::{Progress, VerificationRow};

/// What a verification has found.
pub(crate) struct Parts<'a> {
    /// The first differences.
    pub(crate) differences: &'a [Difference],
    /// Where the chains end.
    pub(crate) heads: &'a [Head],
    /// The balances of all accounts.
    pub(crate) totals: &'a Totals,
}

/// What was found, as it is kept: a verification with nothing else.
pub(crate) fn result(parts: Parts<'_>) -> contract::Verification {
    contract::Verification {
        differences: parts.differences.iter().map(difference).collect(),
        heads: parts.heads.iter().map(head).collect(),
        totals: totals(parts.totals),
        ..contract::Verification::default()
    }
}

/// The ends of chains in what is kept of a verification.
pub(crate) fn heads(result: &[u8]) -> Vec<Head> {
    let result = contract::Verification::decode(result).unwrap_or_default();
    let heads = result.heads.iter();
    let heads = heads.filter_map(|head| {
        Some(Head {
            chain: i16::try_from(head.chain).ok()?,
            link: head.link,
            hash: Head::unhex(&head.hash)?,
        })
    });
    heads.collect()
}

/// A verification.
pub(crate) fn verification(row: VerificationRow) -> contract::Verification {
    // Written by this service alone; what can't be read is missing.
    let result = contract::Verification::decode(row.result.as_slice()).unwrap_or_default();
    contract::Verification {
        verification_id: row.verification_id.to_string(),
        state: state(row.progress).into(),
        created_by: row.created_by,
        create_time: Some(timestamp(row.created_at)),
        start_time: row.started_at.map(timestamp),
        end_time: row.ended_at.map(timestamp),
        holder_count: row.counts.holders,
        operation_count: row.counts.operations,
        entry_count: row.counts.entries,
        difference_count: row.counts.differences,
        report: row.report,
        failure: row.failure,
        ..result
    }
}

fn difference(difference: &Difference) -> contract::LedgerDifference {
    let holder_id = difference.holder_id;
    contract::LedgerDifference {
        table: difference.subject.table().to_string(),
        subject: difference.subject.to_string(),
        holder_id: holder_id.map(|id| id.to_string()).unwrap_or_default(),
        quantity: difference.quantity.to_string(),
        recorded: difference.recorded.clone(),
        recomputed: difference.recomputed.clone(),
    }
}

fn head(head: &Head) -> contract::ChainHead {
    contract::ChainHead {
        chain: head.chain.into(),
        link: head.link,
        hash: head.hex(),
    }
}

fn totals(totals: &Totals) -> Vec<contract::AccountTotal> {
    let totals = totals.0.iter();
    let total = totals.map(|((wallet_id, account), balance)| contract::AccountTotal {
        wallet_id: wallet_id.clone(),
        account: account.name().to_owned(),
        balance: i64::try_from(*balance).unwrap_or(i64::MAX),
    });
    total.collect()
}

fn state(progress: Progress) -> State {
    match progress {
        Progress::Waiting => State::Waiting,
        Progress::Running => State::Running,
        Progress::Sound => State::Sound,
        Progress::Different => State::Different,
        Progress::Failed => State::Failed,
    }
}
