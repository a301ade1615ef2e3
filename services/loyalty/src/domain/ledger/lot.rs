use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, LedgerError, Points};

/// Points that came together and lapse together. All is fixed at opening but [`Lot::parts`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The lot.
    pub lot_id: Uuid,
    /// The lot in which these points were earned: this one itself, unless they were moved here out
    /// of another. So a return finds the points of its sale wherever they are.
    pub origin_id: Uuid,
    /// The operation that made it.
    pub operation_id: Uuid,
    /// What the points were earned with: an order id.
    pub reference: String,
    /// When they were earned.
    pub earned_at: Timestamp,
    /// The rules for its points.
    pub terms: LotTerms,
    /// Points that it was opened with.
    pub original: Points,
    /// Where they stand now.
    pub parts: Parts,
}

/// The rules for the points of a lot, settled elsewhere when it is opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotTerms {
    /// Lots of a lower priority are spent first.
    pub priority: i16,
    /// From when on they can be spent; `None` waits for an event, for example a delivery.
    pub active_at: Option<Timestamp>,
    /// From when on they can no longer be spent; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// What they cost all together, in minor units of money; `None` where nobody counts it.
    pub cost_basis: Option<i64>,
    /// Who pays for them; `None` is the program.
    pub funding_partner: Option<String>,
    /// Who brought them into the pool that they lie in, or the merge that brought them here; `None` in
    /// the wallet of the member who earned them.
    pub contributor: Option<Uuid>,
}

/// Where the points of a lot stand. What is missing to the original was spent, taken back or moved
/// to another lot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Can be spent, unless the lot is past its end.
    pub available: Points,
    /// Not usable yet.
    pub pending: Points,
    /// Reserved.
    pub held: Points,
    /// Went to expiry. No longer in the lot, but counted: a return of the sale takes these back
    /// before it takes what other sales earned.
    pub lapsed: Points,
}

impl Lot {
    /// Whether the lot is past its end. A job that runs late changes nothing: what has lapsed is
    /// over from its instant on.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.terms.is_over(now)
    }

    /// Whether a spend at this instant may take from it.
    pub fn is_spendable(&self, now: Timestamp) -> bool {
        self.parts.available.is_positive() && !self.is_over(now)
    }

    /// Order of consumption: priority, what lapses soonest, what is oldest; what never lapses last.
    pub fn spending_order(&self) -> (i16, Timestamp, Timestamp, Uuid) {
        let end = self.terms.expires_at.unwrap_or(Timestamp::MAX);
        (self.terms.priority, end, self.earned_at, self.lot_id)
    }

    /// Everything that is left in it.
    pub fn remaining(&self) -> Result<Points, LedgerError> {
        self.parts.remaining()
    }

    /// What these points of the lot cost, rounded down: their share of what all of it cost.
    pub(super) fn cost_of(&self, points: Points) -> Option<i64> {
        let whole = i128::from(self.original.get());
        let share = i128::from(self.terms.cost_basis?) * i128::from(points.get());
        // No more than the whole lot's cost, because no more points than the whole lot's.
        share
            .checked_div_euclid(whole)
            .and_then(|cost| i64::try_from(cost).ok())
    }
}

impl LotTerms {
    /// Whether points under these rules have lapsed.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether points under these rules can be spent from their earning on.
    pub(super) fn is_active(&self, now: Timestamp) -> bool {
        self.active_at.is_some_and(|start| start <= now)
    }
}

impl Parts {
    /// What is left in the lot.
    pub fn remaining(&self) -> Result<Points, LedgerError> {
        self.available.plus(self.pending)?.plus(self.held)
    }

    /// What stands on an account; `None` for those without lots.
    pub const fn on(&self, account: Account) -> Option<Points> {
        match account {
            Account::Available => Some(self.available),
            Account::Pending => Some(self.pending),
            Account::Held => Some(self.held),
            _ => None,
        }
    }

    pub(super) fn on_mut(&mut self, account: Account) -> Option<&mut Points> {
        match account {
            Account::Available => Some(&mut self.available),
            Account::Pending => Some(&mut self.pending),
            Account::Held => Some(&mut self.held),
            _ => None,
        }
    }
}
