use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, Entry, Kind, LedgerError, Lot, Movement, Operation, Points, Wallet};

/// What a decision needs from outside: the instant, read once, and new ids.
#[derive(Clone, Copy)]
pub struct Occasion<'a> {
    /// The present instant.
    pub now: Timestamp,
    /// Makes a new id at each call.
    pub new_id: &'a dyn Fn() -> Uuid,
}

/// Why an operation is written.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// What caused it: an order id, a return id, a redemption id.
    pub reference: &'a str,
    /// When that happened.
    pub effective_at: Timestamp,
}

/// What a decision writes: operations, the lots that they open, and the wallet after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The wallet after the operations.
    pub wallet: Wallet,
    /// The operations, in their order.
    pub operations: Vec<Operation>,
    opened: Vec<Uuid>,
}

impl Posting {
    /// Nothing yet, on this wallet.
    pub fn on(wallet: Wallet) -> Self {
        Self {
            wallet,
            operations: Vec::new(),
            opened: Vec::new(),
        }
    }

    /// The lots that did not exist before, as they are after all operations.
    pub fn opened(&self) -> impl Iterator<Item = &Lot> {
        self.opened
            .iter()
            .filter_map(|lot_id| self.wallet.lots.get(lot_id))
    }

    /// Adds a lot that holds nothing yet.
    pub(super) fn open(&mut self, lot: Lot) {
        self.opened.push(lot.lot_id);
        self.wallet.lots.insert(lot.lot_id, lot);
    }

    /// Adds one operation: the movements, and on the program's account of its kind what makes them
    /// add up to 0. A kind without such an account must do so by itself.
    pub(super) fn post(
        &mut self,
        operation_id: Uuid,
        kind: Kind,
        cause: Cause<'_>,
        movements: &[Movement],
        occasion: Occasion<'_>,
    ) -> Result<(), LedgerError> {
        let mut entries = Vec::with_capacity(movements.len() + 1);
        let mut sum = Points::ZERO;
        for movement in movements {
            sum = sum.plus(movement.amount)?;
            let balance = self.wallet.apply(movement)?;
            let Movement {
                account,
                lot_id,
                amount,
            } = *movement;
            entries.push(self.entry(account, amount, Some(balance), lot_id, occasion)?);
        }
        match kind.against() {
            Some(account) => entries.push(self.counter_entry(account, sum, occasion)?),
            None if sum.is_zero() => {}
            None => return Err(LedgerError::Unbalanced { sum }),
        }
        self.operations.push(Operation {
            operation_id,
            kind,
            reference: cause.reference.to_owned(),
            effective_at: cause.effective_at,
            recorded_at: occasion.now,
            entries,
        });
        Ok(())
    }

    fn counter_entry(
        &mut self,
        account: Account,
        sum: Points,
        occasion: Occasion<'_>,
    ) -> Result<Entry, LedgerError> {
        if account == Account::Issuance {
            self.wallet.lifetime_earned = self.wallet.lifetime_earned.plus(sum)?;
        }
        self.entry(account, sum.negated()?, None, None, occasion)
    }

    fn entry(
        &mut self,
        account: Account,
        amount: Points,
        balance_after: Option<Points>,
        lot_id: Option<Uuid>,
        occasion: Occasion<'_>,
    ) -> Result<Entry, LedgerError> {
        let entry_number = self
            .wallet
            .entry_count
            .checked_add(1)
            .ok_or(LedgerError::Overflow)?;
        self.wallet.entry_count = entry_number;
        let entry_id = (occasion.new_id)();
        Ok(Entry {
            entry_id,
            entry_number,
            account,
            amount,
            balance_after,
            lot_id,
        })
    }
}
