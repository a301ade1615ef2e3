use uuid::Uuid;

use super::{LotRecord, Quantity};
use crate::domain::ledger::{Account, Kind, Points};

/// What entries move in a lot, beside what is recorded of it.
#[derive(Debug)]
pub(super) struct LotTally {
    pub(super) record: LotRecord,
    /// Whether the operation that is said to have opened it was seen.
    pub(super) is_opened: bool,
    available: i128,
    pending: i128,
    held: i128,
    lapsed: i128,
    original: i128,
}

impl LotTally {
    pub(super) fn of(record: LotRecord) -> Self {
        Self {
            record,
            is_opened: false,
            available: 0,
            pending: 0,
            held: 0,
            lapsed: 0,
            original: 0,
        }
    }

    /// Takes an entry of an operation.
    pub(super) fn add(
        &mut self,
        (operation_id, kind): (Uuid, Option<Kind>),
        account: Account,
        amount: Points,
    ) {
        let amount = i128::from(amount.get());
        match account {
            Account::Available => self.available += amount,
            Account::Pending => self.pending += amount,
            Account::Held => self.held += amount,
            _ => {}
        }
        if kind == Some(Kind::Expire) {
            self.lapsed -= amount;
        }
        if operation_id == self.record.lot.operation_id {
            self.original += amount;
        }
    }

    /// Compares with what is recorded.
    pub(super) fn finish(&self, mut differs: impl FnMut(Quantity, String, String)) {
        if !self.is_opened {
            let recorded = format!("opened by {}", self.record.lot.operation_id);
            differs(Quantity::Presence, recorded, "no such operation".to_owned());
        }
        let (lot, parts) = (&self.record.lot, &self.record.lot.parts);
        for (quantity, recorded, recomputed) in [
            (Quantity::Original, lot.original, self.original),
            (
                Quantity::Balance(Account::Available),
                parts.available,
                self.available,
            ),
            (
                Quantity::Balance(Account::Pending),
                parts.pending,
                self.pending,
            ),
            (Quantity::Balance(Account::Held), parts.held, self.held),
            (Quantity::Lapsed, parts.lapsed, self.lapsed),
        ] {
            if i128::from(recorded.get()) != recomputed {
                differs(quantity, recorded.to_string(), recomputed.to_string());
            }
        }
    }
}
