use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, LedgerError, Points};

/// Points that were earned together and lapse together. What decides about them (order of
/// consumption, expiry) is fixed at earning; only what is left of them changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The lot.
    pub lot_id: Uuid,
    /// What it was earned with: an order id.
    pub reference: String,
    /// The operation that made it.
    pub operation_id: Uuid,
    /// Lots of a lower priority are spent first.
    pub priority: i16,
    /// When it was earned.
    pub earned_at: Timestamp,
    /// From when on it can be spent.
    pub active_at: Timestamp,
    /// From when on it can no longer be spent; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Points at earning.
    pub original: Points,
    /// Points left that can be spent.
    pub available: Points,
    /// Points left that are not usable yet.
    pub pending: Points,
    /// Points that are reserved.
    pub held: Points,
}

impl Lot {
    /// Whether a spend at this instant may take from it. An expiry job that runs late changes
    /// nothing: what has lapsed is ignored from its instant on.
    pub fn spendable_at(&self, now: Timestamp) -> bool {
        self.available > Points::ZERO && self.expires_at.is_none_or(|end| now < end)
    }

    /// Order of consumption: priority, what lapses soonest, what is oldest; what never lapses last.
    pub fn spending_order(&self) -> (i16, Timestamp, Timestamp, Uuid) {
        let end = self.expires_at.unwrap_or(Timestamp::MAX);
        (self.priority, end, self.earned_at, self.lot_id)
    }

    /// Everything that is left in it.
    pub fn remaining(&self) -> Result<Points, LedgerError> {
        self.available.plus(self.pending)?.plus(self.held)
    }

    /// Puts points in, or takes them out when negative.
    pub(super) fn add(&mut self, account: Account, amount: Points) -> Result<(), LedgerError> {
        let part = match account {
            Account::Available => &mut self.available,
            Account::Pending => &mut self.pending,
            Account::Held => &mut self.held,
            _ => return Err(LedgerError::NoLot { account }),
        };
        let balance = part.plus(amount)?;
        if balance < Points::ZERO {
            return Err(LedgerError::LotOverdrawn {
                lot_id: self.lot_id,
                balance,
            });
        }
        *part = balance;
        Ok(())
    }
}
