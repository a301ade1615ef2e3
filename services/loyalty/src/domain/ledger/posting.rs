use jiff::Timestamp;
use uuid::Uuid;

use super::{Figures, LedgerError, Lot, Operation, Parts, Points, WalletId};

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

/// What a decision does to a wallet. Valid on the wallet that it was decided on, as it stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub(super) wallet_id: WalletId,
    pub(super) before: Figures,
    pub(super) after: Figures,
    pub(super) operations: Vec<Operation>,
    pub(super) opened: Vec<Lot>,
    pub(super) lots: Vec<(Uuid, Parts)>,
}

impl Posting {
    /// The wallet that it is for.
    pub fn wallet_id(&self) -> WalletId {
        self.wallet_id
    }

    /// The operations, in their order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The lots that did not exist before, empty as they are before the first entry.
    pub fn opened(&self) -> &[Lot] {
        &self.opened
    }

    /// Every lot that an entry names, with where its points stand after the last entry. By id.
    pub fn lots(&self) -> &[(Uuid, Parts)] {
        &self.lots
    }

    /// The wallet's figures after the last entry.
    pub fn figures(&self) -> &Figures {
        &self.after
    }

    /// The same, with lots that are newly earned marked as brought by somebody: for a pool.
    #[must_use]
    pub fn contributed_by(mut self, contributor: Uuid) -> Self {
        for lot in &mut self.opened {
            lot.terms.contributor.get_or_insert(contributor);
        }
        self
    }

    /// How much more there is afterwards, in all accounts together; below zero: how much less.
    pub fn gain(&self) -> Result<Points, LedgerError> {
        self.after
            .balances
            .total()?
            .minus(self.before.balances.total()?)
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// Whether this is what was decided on a wallet that stands so.
    pub(super) fn check(&self, wallet_id: WalletId, figures: &Figures) -> Result<(), LedgerError> {
        if self.wallet_id == wallet_id && self.before == *figures {
            return Ok(());
        }
        Err(LedgerError::Stale {
            wallet_id,
            decided_after: self.before.entry_count,
            entry_count: figures.entry_count,
        })
    }
}
