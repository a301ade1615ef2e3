//! What members may do together, and what is done for them by hand.

use calendar::Period;

use super::WalletId;
use crate::domain::Points;

/// Pools that households share, and transfers between members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseholdPolicy {
    /// The most members of one household.
    pub maximum_members: u32,
    /// The point currencies that are pooled.
    pub wallet_ids: Vec<WalletId>,
    /// The most that one member may spend from the pool; `None`: without a limit.
    pub spending_limit: Option<SpendingLimit>,
    /// The most that one member may send to others outside of a pool in each month; 0: transfers
    /// are not allowed.
    pub monthly_transfer_limit: Points,
}

/// So many points in each period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendingLimit {
    /// Points; 1 or more.
    pub points: Points,
    /// The period.
    pub period: Period,
}

/// Corrections by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdjustmentPolicy {
    /// From this many points on, up or down, a second person must approve; 0: always.
    pub approval_from: Points,
    /// The most points of one correction.
    pub maximum: Points,
    /// Hours in which a correction must be decided, else it lapses.
    pub decision_hours: u32,
}

impl HouseholdPolicy {
    /// What `maximum_members` of 0 means.
    pub const DEFAULT_MEMBERS: u32 = 6;
}

impl AdjustmentPolicy {
    /// What `maximum` of 0 means.
    pub const DEFAULT_MAXIMUM: Points = Points::new(1_000_000);
    /// What `decision_hours` of 0 means.
    pub const DEFAULT_DECISION_HOURS: u32 = 72;
}

impl Default for AdjustmentPolicy {
    /// What a program without one has: everything needs a second person.
    fn default() -> Self {
        Self {
            approval_from: Points::ZERO,
            maximum: Self::DEFAULT_MAXIMUM,
            decision_hours: Self::DEFAULT_DECISION_HOURS,
        }
    }
}
