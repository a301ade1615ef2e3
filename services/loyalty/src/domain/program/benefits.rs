//! What tiers are entitled to besides points.

use super::{BenefitId, Limit, TierGate};

/// What tiers are entitled to besides points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benefit {
    /// The benefit.
    pub benefit_id: BenefitId,
    /// Its name.
    pub display_name: String,
    /// What it is.
    pub kind: BenefitKind,
    /// Whose: of those who pass one of them. Empty: every member's.
    pub gates: Vec<TierGate>,
    /// How often a member may use it; `None`: without a limit.
    pub quota: Option<Limit>,
    /// How often all members together may use it; `None`: without a limit.
    pub stock: Option<u64>,
}

/// What a benefit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenefitKind {
    /// Money off.
    Discount {
        /// Of 10,000.
        basis_points: u16,
    },
    /// No delivery charge.
    FreeDelivery,
    /// Served first.
    PriorityService,
    /// An adviser of one's own.
    Adviser,
    /// May buy before others.
    EarlyPurchase,
    /// A gift.
    Gift,
}
