use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, LedgerError, Lot, Points};

/// A member as it stands: accounts, and the lots that a decision may need. Not necessarily all
/// lots; the accounts are right in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Whether points can be earned and spent.
    pub state: State,
    /// The accounts.
    pub balances: Balances,
    /// Ever issued, less what was taken back.
    pub lifetime_earned: Points,
    /// Entries written so far.
    pub entry_count: i64,
    /// Lots by id.
    pub lots: BTreeMap<Uuid, Lot>,
}

/// State of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Earns and spends.
    Active,
    /// Earns; may not spend.
    Suspended,
    /// Ended.
    Closed,
}

/// The balances of a member's accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// Can be spent now.
    pub available: Points,
    /// Earned, but not usable yet.
    pub pending: Points,
    /// Reserved.
    pub held: Points,
    /// At or below 0: what is owed.
    pub debt: Points,
}

/// Points into (positive) or out of (negative) an account of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The account.
    pub account: Account,
    /// The lot, for accounts that have lots.
    pub lot_id: Option<Uuid>,
    /// How many.
    pub amount: Points,
}

impl Balances {
    /// What the member owes, counted positive.
    pub fn owed(&self) -> Result<Points, LedgerError> {
        self.debt.negated()
    }

    fn of(&mut self, account: Account) -> Option<&mut Points> {
        match account {
            Account::Available => Some(&mut self.available),
            Account::Pending => Some(&mut self.pending),
            Account::Held => Some(&mut self.held),
            Account::Debt => Some(&mut self.debt),
            _ => None,
        }
    }

    fn add(&mut self, account: Account, amount: Points) -> Result<Points, LedgerError> {
        let place = self.of(account).ok_or(LedgerError::NoLot { account })?;
        let balance = place.plus(amount)?;
        let sound = if account == Account::Debt {
            balance <= Points::ZERO
        } else {
            balance >= Points::ZERO
        };
        if !sound {
            return Err(LedgerError::Overdrawn { account, balance });
        }
        *place = balance;
        Ok(balance)
    }
}

impl Movement {
    /// Into a lot, or out of it when negative.
    pub fn lot(account: Account, lot_id: Uuid, amount: Points) -> Self {
        Self {
            account,
            lot_id: Some(lot_id),
            amount,
        }
    }

    /// Towards no debt, or deeper into it when negative.
    pub fn debt(amount: Points) -> Self {
        Self {
            account: Account::Debt,
            lot_id: None,
            amount,
        }
    }
}

impl Wallet {
    /// The member of a customer who has just joined.
    pub fn empty() -> Self {
        Self {
            state: State::Active,
            balances: Balances::default(),
            lifetime_earned: Points::ZERO,
            entry_count: 0,
            lots: BTreeMap::new(),
        }
    }

    /// The lots that a spend at this instant may take from, in the order of consumption.
    pub fn spendable(&self, now: Timestamp) -> Vec<&Lot> {
        let mut lots: Vec<&Lot> = self
            .lots
            .values()
            .filter(|lot| lot.spendable_at(now))
            .collect();
        lots.sort_unstable_by_key(|lot| lot.spending_order());
        lots
    }

    /// Moves points and tells the account's balance after it.
    pub(super) fn apply(&mut self, movement: &Movement) -> Result<Points, LedgerError> {
        let Movement {
            account,
            lot_id,
            amount,
        } = *movement;
        if account.has_lots() {
            let lot = lot_id.and_then(|lot_id| self.lots.get_mut(&lot_id));
            lot.ok_or(LedgerError::NoLot { account })?
                .add(account, amount)?;
        }
        self.balances.add(account, amount)
    }
}

/// Movements out of these lots, in their order, until `wanted` points are together; and how many
/// are still missing after the last.
pub(super) fn take<'a>(
    lots: impl IntoIterator<Item = &'a Lot>,
    wanted: Points,
) -> Result<(Vec<Movement>, Points), LedgerError> {
    let mut missing = wanted;
    let mut movements = Vec::new();
    for lot in lots {
        let share = lot.available.min(missing);
        if missing.is_zero() {
            break;
        }
        if share > Points::ZERO {
            movements.push(Movement::lot(
                Account::Available,
                lot.lot_id,
                share.negated()?,
            ));
            missing = missing.minus(share)?;
        }
    }
    Ok((movements, missing))
}
