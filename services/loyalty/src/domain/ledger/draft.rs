use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::movement::{Movement, pull};
use super::share::{take, total};
use super::{
    Account, Cause, Entry, Figures, Kind, LedgerError, Lot, LotShare, LotTerms, Occasion,
    Operation, Parts, Points, Posting, Wallet,
};

/// A posting in the making. It knows the wallet as it is after what was posted so far, and copies
/// of it no more than the figures and the parts of the lots that are touched.
pub(super) struct Draft<'a> {
    wallet: &'a Wallet,
    cause: Cause<'a>,
    occasion: Occasion<'a>,
    figures: Figures,
    operations: Vec<Operation>,
    opened: Vec<Lot>,
    parts: BTreeMap<Uuid, Parts>,
}

/// A lot that is to be opened.
pub(super) struct NewLot<'a> {
    pub(super) reference: &'a str,
    pub(super) earned_at: Timestamp,
    pub(super) terms: LotTerms,
    pub(super) original: Points,
    /// Where the points were earned, when not here.
    pub(super) origin_id: Option<Uuid>,
}

impl<'a> Draft<'a> {
    /// Nothing yet, on this wallet.
    pub(super) fn on(wallet: &'a Wallet, cause: Cause<'a>, occasion: Occasion<'a>) -> Self {
        Self {
            wallet,
            cause,
            occasion,
            figures: *wallet.figures(),
            operations: Vec::new(),
            opened: Vec::new(),
            parts: BTreeMap::new(),
        }
    }

    /// An id for an operation that is to be posted.
    pub(super) fn new_operation(&self) -> Uuid {
        (self.occasion.new_id)()
    }

    /// A lot of the wallet, as it was before this posting.
    pub(super) fn lot(&self, lot_id: Uuid) -> Result<&'a Lot, LedgerError> {
        let lot = self.wallet.lots().get(lot_id);
        lot.ok_or(LedgerError::UnknownLot { lot_id })
    }

    /// Opens a lot, which holds nothing until the operation is posted.
    pub(super) fn open(&mut self, operation_id: Uuid, new: NewLot<'_>) -> Uuid {
        let lot_id = (self.occasion.new_id)();
        self.opened.push(Lot {
            lot_id,
            origin_id: new.origin_id.unwrap_or(lot_id),
            operation_id,
            reference: new.reference.to_owned(),
            earned_at: new.earned_at,
            terms: new.terms,
            original: new.original,
            parts: Parts::default(),
        });
        lot_id
    }

    /// Opens a lot for points out of another that keep all of its rules but their end.
    pub(super) fn open_offshoot(
        &mut self,
        operation_id: Uuid,
        LotShare { lot_id, points }: LotShare,
        expires_at: Option<Timestamp>,
    ) -> Result<Uuid, LedgerError> {
        let lot = self.lot(lot_id)?;
        let new = NewLot {
            reference: &lot.reference,
            earned_at: lot.earned_at,
            terms: LotTerms {
                expires_at,
                cost_basis: lot.cost_of(points),
                ..lot.terms.clone()
            },
            original: points,
            origin_id: Some(lot.origin_id),
        };
        Ok(self.open(operation_id, new))
    }

    /// Adds one operation: the movements, and on the program's account of its kind what makes them
    /// add up to 0. A kind without such an account must do so by itself.
    pub(super) fn post(&mut self, kind: Kind, movements: &[Movement]) -> Result<Uuid, LedgerError> {
        let operation_id = self.new_operation();
        self.post_as(operation_id, kind, movements)?;
        Ok(operation_id)
    }

    /// As [`Draft::post`], under an id that the lots of the operation have already.
    pub(super) fn post_as(
        &mut self,
        operation_id: Uuid,
        kind: Kind,
        movements: &[Movement],
    ) -> Result<(), LedgerError> {
        let mut entries = Vec::with_capacity(movements.len() + 1);
        let mut sum = Points::ZERO;
        for movement in movements {
            sum = sum.plus(movement.amount)?;
            entries.push(self.entry(kind, movement)?);
        }
        match kind.against() {
            Some(account) => entries.push(self.counter_entry(account, sum)?),
            None if sum.is_zero() => {}
            None => return Err(LedgerError::Unbalanced { sum }),
        }
        self.operations.push(Operation {
            operation_id,
            kind,
            reference: self.cause.reference.to_owned(),
            effective_at: self.cause.effective_at,
            recorded_at: self.occasion.now,
            entries,
        });
        Ok(())
    }

    /// Repays debt from the lots that this posting has put points into, in the order of
    /// consumption, and tells how much.
    pub(super) fn repay_debt(&mut self) -> Result<Points, LedgerError> {
        let touched = self.parts.keys().copied().collect();
        self.repay_debt_from(touched)
    }

    /// As [`Draft::repay_debt`], from all lots: for when it is the debt that has come.
    pub(super) fn repay_debt_with_all(&mut self) -> Result<Points, LedgerError> {
        let spendable = self.wallet.lots().spendable(self.occasion.now);
        let mut lots: BTreeSet<Uuid> = spendable.map(|lot| lot.lot_id).collect();
        lots.extend(self.parts.keys().copied());
        self.repay_debt_from(lots)
    }

    fn repay_debt_from(&mut self, lots: BTreeSet<Uuid>) -> Result<Points, LedgerError> {
        let owed = self.figures.balances.owed()?;
        if owed.is_zero() {
            return Ok(Points::ZERO);
        }
        let shares = take(self.spendable(lots), owed)?.shares;
        let repaid = total(&shares)?;
        if repaid.is_positive() {
            let mut movements = pull(Account::Available, &shares)?;
            movements.push(Movement::debt(repaid));
            self.post(Kind::RepayDebt, &movements)?;
        }
        Ok(repaid)
    }

    /// What was decided.
    pub(super) fn finish(self) -> Posting {
        Posting {
            wallet_id: self.wallet.wallet_id(),
            before: *self.wallet.figures(),
            after: self.figures,
            operations: self.operations,
            opened: self.opened,
            lots: self.parts.into_iter().collect(),
        }
    }

    /// What these lots have to spend now, in the order of consumption.
    fn spendable(&self, lots: BTreeSet<Uuid>) -> Vec<LotShare> {
        let lots = lots.into_iter();
        let lots = lots.filter_map(|lot_id| self.opened_or_loaded(lot_id));
        let mut lots: Vec<&Lot> = lots.filter(|lot| !lot.is_over(self.occasion.now)).collect();
        lots.sort_unstable_by_key(|lot| lot.spending_order());
        let share = |lot: &Lot| {
            let parts = self.parts.get(&lot.lot_id).unwrap_or(&lot.parts);
            LotShare {
                lot_id: lot.lot_id,
                points: parts.available,
            }
        };
        lots.into_iter().map(share).collect()
    }

    fn opened_or_loaded(&self, lot_id: Uuid) -> Option<&Lot> {
        let opened = self.opened.iter().find(|lot| lot.lot_id == lot_id);
        opened.or_else(|| self.wallet.lots().get(lot_id))
    }

    fn entry(&mut self, kind: Kind, movement: &Movement) -> Result<Entry, LedgerError> {
        let Movement {
            account,
            lot_id,
            amount,
        } = *movement;
        if !kind.permits(account, amount) {
            return Err(LedgerError::Misplaced {
                kind,
                account,
                amount,
            });
        }
        if account.has_lots() {
            let lot_id = lot_id.ok_or(LedgerError::NoLot { account })?;
            self.move_in_lot(lot_id, kind, account, amount)?;
        }
        let balance = self.figures.balances.add(account, amount)?;
        self.next_entry(account, amount, Some(balance), lot_id)
    }

    fn move_in_lot(
        &mut self,
        lot_id: Uuid,
        kind: Kind,
        account: Account,
        amount: Points,
    ) -> Result<(), LedgerError> {
        let mut parts = match self.parts.get(&lot_id) {
            Some(parts) => *parts,
            None => match self.opened_or_loaded(lot_id) {
                Some(lot) => lot.parts,
                None => return Err(LedgerError::UnknownLot { lot_id }),
            },
        };
        let part = parts.on_mut(account);
        let part = part.ok_or(LedgerError::NoLot { account })?;
        *part = part.plus(amount)?;
        let mut lowest = *part;
        if kind == Kind::Expire {
            parts.lapsed = parts.lapsed.minus(amount)?;
            lowest = lowest.min(parts.lapsed);
        }
        if lowest < Points::ZERO {
            return Err(LedgerError::LotOverdrawn {
                lot_id,
                balance: lowest,
            });
        }
        self.parts.insert(lot_id, parts);
        Ok(())
    }

    fn counter_entry(&mut self, account: Account, sum: Points) -> Result<Entry, LedgerError> {
        if account == Account::Issuance {
            self.figures.lifetime_earned = self.figures.lifetime_earned.plus(sum)?;
        }
        self.next_entry(account, sum.negated()?, None, None)
    }

    fn next_entry(
        &mut self,
        account: Account,
        amount: Points,
        balance_after: Option<Points>,
        lot_id: Option<Uuid>,
    ) -> Result<Entry, LedgerError> {
        let entry_number = self.figures.entry_count.checked_add(1);
        let entry_number = entry_number.ok_or(LedgerError::Overflow)?;
        self.figures.entry_count = entry_number;
        Ok(Entry {
            entry_number,
            account,
            amount,
            balance_after,
            lot_id,
        })
    }
}
