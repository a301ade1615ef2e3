//! The entries of one operation among themselves.

use uuid::Uuid;

use super::Quantity;
use crate::domain::chain::{Packed, unpack};
use crate::domain::ledger::{Account, Kind, Points};

/// Something that is wrong with an operation's entries: what, as it is, as it should be.
pub(super) type Fault = (Quantity, String, String);

/// Reads packed entries; those up to the first that can't be read.
pub(super) fn read(packed: &[u8]) -> (Vec<Packed>, Option<Fault>) {
    let mut entries = Vec::with_capacity(4);
    for entry in unpack(packed) {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                let fault = (Quantity::Entries, error.to_string(), "entries".to_owned());
                return (entries, Some(fault));
            }
        }
    }
    (entries, None)
}

/// Whether entries are what an operation of a kind may have: balanced, with one entry on the
/// program's account of the kind and none on another.
pub(super) fn check(kind: Kind, entries: &[Packed]) -> Option<Fault> {
    let sum: i128 = entries
        .iter()
        .map(|entry| i128::from(entry.amount.get()))
        .sum();
    if sum != 0 {
        return Some((Quantity::Sum, sum.to_string(), "0".to_owned()));
    }
    let of_program = entries.iter().filter(|entry| !entry.account.is_wallets());
    let (own, others): (Vec<_>, Vec<_>) =
        of_program.partition(|entry| Some(entry.account) == kind.against());
    if let Some(other) = others.first() {
        return Some(misplaced(kind, other));
    }
    let expected = usize::from(kind.against().is_some());
    if own.len() != expected {
        let (found, expected) = (own.len().to_string(), expected.to_string());
        return Some((Quantity::CounterEntries, found, expected));
    }
    let mut of_wallet = entries.iter().filter(|entry| entry.account.is_wallets());
    of_wallet
        .find(|entry| !kind.permits(entry.account, entry.amount))
        .map(|entry| misplaced(kind, entry))
}

fn misplaced(kind: Kind, entry: &Packed) -> Fault {
    let found = format!("{} by {}", entry.account.name(), entry.amount);
    (Quantity::Account, found, format!("one that {kind:?} moves"))
}

/// What entries move of lots: the lot, the account, the amount.
pub(super) fn of_lots(entries: &[Packed]) -> impl Iterator<Item = (Uuid, Account, Points)> {
    let of_lots = entries.iter();
    of_lots.filter_map(|entry| Some((entry.lot_id?, entry.account, entry.amount)))
}
