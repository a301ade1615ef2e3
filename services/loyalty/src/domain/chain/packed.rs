use uuid::Uuid;

use crate::domain::ledger::{Account, Entry, Points};

/// Bytes that are no entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packed entries can't be read from byte {place} on")]
pub struct UnreadableEntries {
    /// Where the entry begins that can't be read.
    pub place: usize,
}

/// An entry without its number, which is that of the operation's first entry and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The account.
    pub account: Account,
    /// Points in or out.
    pub amount: Points,
    /// The balance after it, for accounts of a wallet.
    pub balance_after: Option<Points>,
    /// The lot, for accounts that have lots.
    pub lot_id: Option<Uuid>,
}

/// Entries as they are stored and hashed. Of each: the account (1 byte), the amount (8); for an
/// account of a wallet the balance after it (8); for one with lots the lot (16). So an entry takes
/// 9 to 33 bytes, and its account tells how many.
pub fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(entries.len() * 33);
    for entry in entries {
        packed.push(code(entry.account));
        packed.extend_from_slice(&entry.amount.get().to_be_bytes());
        if entry.account.is_wallets() {
            let balance = entry.balance_after.unwrap_or_default();
            packed.extend_from_slice(&balance.get().to_be_bytes());
        }
        if entry.account.has_lots() {
            let lot_id = entry.lot_id.unwrap_or_default();
            packed.extend_from_slice(lot_id.as_bytes());
        }
    }
    packed
}

/// Reads packed entries one by one. Ends with the first that can't be read.
pub fn unpack(packed: &[u8]) -> impl Iterator<Item = Result<Packed, UnreadableEntries>> {
    let (mut rest, whole) = (packed, packed.len());
    std::iter::from_fn(move || {
        let place = whole - rest.len();
        if rest.is_empty() {
            return None;
        }
        let entry = next(&mut rest);
        if entry.is_none() {
            rest = &[];
        }
        Some(entry.ok_or(UnreadableEntries { place }))
    })
}

fn next(rest: &mut &[u8]) -> Option<Packed> {
    let [number] = take(rest)?;
    let account = named(number)?;
    let amount = points(rest)?;
    let balance_after = if account.is_wallets() {
        Some(points(rest)?)
    } else {
        None
    };
    let lot_id = if account.has_lots() {
        Some(Uuid::from_bytes(take(rest)?))
    } else {
        None
    };
    Some(Packed {
        account,
        amount,
        balance_after,
        lot_id,
    })
}

fn points(rest: &mut &[u8]) -> Option<Points> {
    take(rest).map(i64::from_be_bytes).map(Points::new)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

/// The number of an account in the contract.
const fn code(account: Account) -> u8 {
    match account {
        Account::Available => 1,
        Account::Pending => 2,
        Account::Held => 3,
        Account::Debt => 4,
        Account::Issuance => 5,
        Account::Redemption => 6,
        Account::Expiry => 7,
        Account::Adjustment => 8,
        Account::Transfer => 9,
    }
}

const fn named(code: u8) -> Option<Account> {
    Some(match code {
        1 => Account::Available,
        2 => Account::Pending,
        3 => Account::Held,
        4 => Account::Debt,
        5 => Account::Issuance,
        6 => Account::Redemption,
        7 => Account::Expiry,
        8 => Account::Adjustment,
        9 => Account::Transfer,
        _ => return None,
    })
}
