use ::contract::time::timestamp;
use contract::ledger_entry::{Account as WireAccount, Operation as WireOperation};
use contract::patron::loyalty::v1 as contract;

use crate::domain::ledger::{Account, Kind, LedgerError};
use crate::store::ledger::lots::Owned;
use crate::store::ledger::statement::Line;

/// A line of a statement.
pub(crate) fn entry(line: Line) -> contract::LedgerEntry {
    let Line { entry, place, .. } = line;
    let operation_id = place.operation_id.to_string();
    contract::LedgerEntry {
        entry_id: format!("{operation_id}.{}", place.ordinal + 1),
        operation_id,
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
        wallet_id: line.wallet_id.to_string(),
    }
}

/// A lot with what is left in it.
pub(crate) fn lot(owned: Owned) -> Result<contract::Lot, LedgerError> {
    let Owned { wallet_id, lot, .. } = owned;
    Ok(contract::Lot {
        lot_id: lot.lot_id.to_string(),
        original_amount: lot.original.get(),
        remaining_amount: lot.remaining()?.get(),
        earn_time: Some(timestamp(lot.earned_at)),
        expire_time: lot.terms.expires_at.map(timestamp),
        reference: lot.reference,
        wallet_id: wallet_id.to_string(),
        active_time: lot.terms.active_at.map(timestamp),
        pending_amount: lot.parts.pending.get(),
        held_amount: lot.parts.held.get(),
        funding_partner: lot.terms.funding_partner.unwrap_or_default(),
    })
}

pub(super) fn operation(kind: Kind) -> WireOperation {
    match kind {
        Kind::Earn => WireOperation::Earn,
        Kind::Redeem => WireOperation::Redeem,
        Kind::ClawBack => WireOperation::ClawBack,
        Kind::RepayDebt => WireOperation::RepayDebt,
        Kind::Expire => WireOperation::Expire,
        Kind::Restore => WireOperation::Restore,
        Kind::Adjust => WireOperation::Adjust,
        Kind::Transfer => WireOperation::Transfer,
        Kind::Hold => WireOperation::Hold,
        Kind::Release => WireOperation::Release,
        Kind::Activate => WireOperation::Activate,
        Kind::Redate => WireOperation::Redate,
    }
}

/// Accounts of the program are on no statement.
pub(super) fn account(account: Account) -> WireAccount {
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
