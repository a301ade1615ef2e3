//! Rewards for bringing others.

use super::{Grant, Limit};
use crate::domain::Money;

/// Rewards for bringing others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferralPolicy {
    /// Days after a code was claimed in which the first purchase counts.
    pub attribution_days: u16,
    /// The least that this purchase must be worth; `None`: anything.
    pub minimum_order: Option<Money>,
    /// What the one who brought gets.
    pub referrer_grants: Vec<Grant>,
    /// What the one who came gets.
    pub referee_grants: Vec<Grant>,
    /// How many rewards one member may have; `None`: without a limit.
    pub referrer_limit: Option<Limit>,
    /// How many steps back along who brought whom a ring is looked for.
    pub ring_depth: u8,
}

impl ReferralPolicy {
    /// What `attribution_days` of 0 means.
    pub const DEFAULT_ATTRIBUTION_DAYS: u16 = 30;
    /// What `ring_depth` of 0 means.
    pub const DEFAULT_RING_DEPTH: u8 = 5;
}
