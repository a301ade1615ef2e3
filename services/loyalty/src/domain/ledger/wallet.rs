use jiff::Timestamp;

use super::{Account, LedgerError, Lot, Lots, Points, Posting, WalletId};

/// One point currency of one holder, a member or a household's pool, as it stands: its figures, and
/// the lots that decisions may need. Not necessarily all lots; the figures are right in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    id: WalletId,
    state: State,
    figures: Figures,
    lots: Lots,
}

/// State of the membership that holds a wallet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Earns and spends.
    #[default]
    Active,
    /// Earns; may not spend.
    Suspended,
    /// Ended.
    Closed,
}

/// What is known of a wallet without its lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The accounts.
    pub balances: Balances,
    /// Ever issued, less what was taken back.
    pub lifetime_earned: Points,
    /// Entries written so far.
    pub entry_count: i64,
}

/// The balances of a wallet's accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// Can be spent now, but for what is past its end and not yet expired.
    pub available: Points,
    /// Not usable yet.
    pub pending: Points,
    /// Reserved.
    pub held: Points,
    /// At or below 0: what is owed.
    pub debt: Points,
}

impl Balances {
    /// What is owed, counted positive.
    pub fn owed(&self) -> Result<Points, LedgerError> {
        self.debt.negated()
    }

    /// All accounts together.
    pub fn total(&self) -> Result<Points, LedgerError> {
        let Self {
            available,
            pending,
            held,
            debt,
        } = *self;
        available.plus(pending)?.plus(held)?.plus(debt)
    }

    fn on_mut(&mut self, account: Account) -> Option<&mut Points> {
        match account {
            Account::Available => Some(&mut self.available),
            Account::Pending => Some(&mut self.pending),
            Account::Held => Some(&mut self.held),
            Account::Debt => Some(&mut self.debt),
            _ => None,
        }
    }

    /// Moves points and tells the account's balance after it.
    pub(super) fn add(&mut self, account: Account, amount: Points) -> Result<Points, LedgerError> {
        let place = self.on_mut(account).ok_or(LedgerError::NoLot { account })?;
        let balance = place.plus(amount)?;
        let is_sound = if account == Account::Debt {
            balance <= Points::ZERO
        } else {
            balance >= Points::ZERO
        };
        if !is_sound {
            return Err(LedgerError::Overdrawn { account, balance });
        }
        *place = balance;
        Ok(balance)
    }
}

impl Wallet {
    /// A wallet as it is recorded.
    pub fn new(wallet_id: WalletId, state: State, figures: Figures, lots: Lots) -> Self {
        Self {
            id: wallet_id,
            state,
            figures,
            lots,
        }
    }

    /// One that never had an entry.
    pub fn empty(wallet_id: WalletId) -> Self {
        Self::new(
            wallet_id,
            State::Active,
            Figures::default(),
            Lots::default(),
        )
    }

    /// The point currency.
    pub fn wallet_id(&self) -> WalletId {
        self.id
    }

    /// State of the membership.
    pub fn state(&self) -> State {
        self.state
    }

    /// The figures.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The accounts.
    pub fn balances(&self) -> &Balances {
        &self.figures.balances
    }

    /// The lots that were loaded.
    pub fn lots(&self) -> &Lots {
        &self.lots
    }

    /// Adds lots that are recorded, as they stand.
    pub fn load(&mut self, lots: impl IntoIterator<Item = Lot>) {
        self.lots.extend(lots);
    }

    /// Loaded points that a spend at this instant may take, of all that there are.
    pub fn spendable(&self, now: Timestamp) -> Result<Points, LedgerError> {
        let mut lots = self.lots.spendable(now);
        lots.try_fold(Points::ZERO, |sum, lot| sum.plus(lot.parts.available))
    }

    /// Carries out what was decided on this wallet as it stands. The only thing that changes it: all
    /// of the posting, or nothing.
    pub fn apply(&mut self, posting: &Posting) -> Result<(), LedgerError> {
        posting.check(self.id, &self.figures)?;
        let mut moved = posting.lots().iter();
        if let Some((lot_id, _)) = moved.find(|(lot_id, _)| {
            let is_opened = posting.opened().iter().any(|lot| lot.lot_id == *lot_id);
            !is_opened && self.lots.get(*lot_id).is_none()
        }) {
            return Err(LedgerError::UnknownLot { lot_id: *lot_id });
        }
        self.lots.extend(posting.opened().iter().cloned());
        for (lot_id, parts) in posting.lots() {
            self.lots.set(*lot_id, *parts);
        }
        self.figures = *posting.figures();
        Ok(())
    }
}
