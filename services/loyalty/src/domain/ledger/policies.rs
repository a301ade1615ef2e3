use jiff::Timestamp;

use super::{LedgerError, Points, RedeemError, State};

/// The rules of a wallet by which decisions are made, as they are at one occasion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// How many points may be spent at once.
    pub spending: SpendingLimits,
    /// State of the member who spends. For a wallet of its own the wallet says so too, for a pool
    /// only this.
    pub spender: State,
    /// What that member may still spend; `None` is no limit. For a pool that others share.
    pub allowance: Option<Points>,
    /// How deep the holder may owe.
    pub debt: DebtPolicy,
    /// Whether pending points repay debt.
    pub repayment: Repayment,
    /// Whether more than is held may be confirmed, out of what is available.
    pub confirms_above_hold: bool,
    /// Until when points that lapsed while they were held can still be spent after their release;
    /// `None`: they go to expiry.
    pub mercy_until: Option<Timestamp>,
    /// Until when restored points can be spent at least; `None`: only to their original end.
    pub restored_until: Option<Timestamp>,
}

/// How many points may be spent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendingLimits {
    /// The fewest.
    pub minimum: Points,
    /// Only multiples of this.
    pub step: Points,
    /// The most; `None` is no limit.
    pub maximum: Option<Points>,
}

/// What happens when more is to be taken back than is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DebtPolicy {
    /// Nothing is taken from what the sale did not earn itself.
    None,
    /// Other points are taken too, but never more than there are.
    ToZero,
    /// So much may be owed, but no more.
    Limit(Points),
    /// All is owed.
    #[default]
    Unlimited,
}

/// When earned points that can't be spent yet repay debt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repayment {
    /// When they become available.
    #[default]
    WhenActive,
    /// At once, out of the pending ones.
    AtEarning,
}

impl Default for SpendingLimits {
    /// Any number from one minor unit on.
    fn default() -> Self {
        Self {
            minimum: Points::new(1),
            step: Points::new(1),
            maximum: None,
        }
    }
}

impl SpendingLimits {
    /// Whether so many may be spent at once.
    pub fn check(&self, points: Points) -> Result<(), RedeemError> {
        let &Self {
            minimum,
            step,
            maximum,
        } = self;
        // A minimum of 0 or less would let nothing, or less, be spent.
        let minimum = minimum.max(Points::new(1));
        if points < minimum {
            return Err(RedeemError::BelowMinimum { minimum });
        }
        if let Some(maximum) = maximum.filter(|maximum| points > *maximum) {
            return Err(RedeemError::AboveMaximum { maximum });
        }
        if points.get().checked_rem(step.get()).unwrap_or_default() != 0 {
            return Err(RedeemError::NotInSteps { step });
        }
        Ok(())
    }
}

impl Policies {
    /// Whether so many may be spent.
    pub(super) fn check_spending(&self, points: Points) -> Result<(), RedeemError> {
        self.spending.check(points)?;
        self.check_spender(points)
    }

    /// Whether so many may be spent by that member, however many it is at once.
    pub(super) fn check_spender(&self, points: Points) -> Result<(), RedeemError> {
        if self.spender != State::Active {
            return Err(RedeemError::NotActive);
        }
        match self.allowance {
            Some(allowance) if allowance < points => Err(RedeemError::AboveAllowance {
                allowance: allowance.max(Points::ZERO),
            }),
            _ => Ok(()),
        }
    }
}

impl DebtPolicy {
    /// Whether points of other sales may be taken.
    pub(super) fn reaches_others(self) -> bool {
        self != Self::None
    }

    /// How much of what is missing may be owed, by someone who owes so much already.
    pub(super) fn owing(self, missing: Points, owed: Points) -> Result<Points, LedgerError> {
        Ok(match self {
            Self::None | Self::ToZero => Points::ZERO,
            Self::Limit(limit) => missing.min(limit.minus(owed)?.max(Points::ZERO)),
            Self::Unlimited => missing,
        })
    }
}
