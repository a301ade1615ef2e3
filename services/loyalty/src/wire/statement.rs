use ::contract::time::timestamp;
use contract::ledger_entry::{Account as WireAccount, Operation as WireOperation};
use contract::patron::loyalty::v1 as contract;

use crate::domain::{Account, Kind, LedgerError, Lot};
use crate::store::statement::Line;

/// A line of a statement.
pub(crate) fn entry(line: Line) -> contract::LedgerEntry {
    let entry = line.entry;
    contract::LedgerEntry {
        entry_id: entry.entry_id.to_string(),
        operation_id: line.operation_id.to_string(),
        operation: operation(line.kind).into(),
        account: account(entry.account).into(),
        amount: entry.amount.get(),
        balance_after: entry.balance_after.unwrap_or_default().get(),
        lot_id: entry
            .lot_id
            .map(|lot_id| lot_id.to_string())
            .unwrap_or_default(),
        reference: line.reference,
        effective_time: Some(timestamp(line.effective_at)),
        record_time: Some(timestamp(line.recorded_at)),
        ..Default::default()
    }
}

/// A lot with what is left in it.
pub(crate) fn lot(lot: Lot) -> Result<contract::Lot, LedgerError> {
    Ok(contract::Lot {
        lot_id: lot.lot_id.to_string(),
        original_amount: lot.original.get(),
        remaining_amount: lot.remaining()?.get(),
        earn_time: Some(timestamp(lot.earned_at)),
        expire_time: lot.expires_at.map(timestamp),
        reference: lot.reference,
        ..Default::default()
    })
}

fn operation(kind: Kind) -> WireOperation {
    match kind {
        Kind::Earn => WireOperation::Earn,
        Kind::Redeem => WireOperation::Redeem,
        Kind::ClawBack => WireOperation::ClawBack,
        Kind::RepayDebt => WireOperation::RepayDebt,
        Kind::Expire => WireOperation::Expire,
        Kind::Restore => WireOperation::Restore,
        Kind::Adjust => WireOperation::Adjust,
        Kind::Transfer => WireOperation::Transfer,
    }
}

/// Accounts of the program are on no statement.
fn account(account: Account) -> WireAccount {
    match account {
        Account::Available => WireAccount::Available,
        Account::Pending => WireAccount::Pending,
        Account::Held => WireAccount::Held,
        Account::Debt => WireAccount::Debt,
        Account::Issuance
        | Account::Redemption
        | Account::Expiry
        | Account::Adjustment
        | Account::Transfer => WireAccount::Unspecified,
    }
}
