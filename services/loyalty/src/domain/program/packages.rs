//! What members are given on occasions.

use super::{Grant, PackageId, TierGate};

/// What members are given on an occasion, once each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The package.
    pub package_id: PackageId,
    /// Its name.
    pub display_name: String,
    /// When.
    pub occasion: PackageOccasion,
    /// Days before the occasion at which it is given.
    pub lead_days: u16,
    /// To whom: those who pass one of them. Empty: every member.
    pub gates: Vec<TierGate>,
    /// What.
    pub grants: Vec<Grant>,
}

/// When a package is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageOccasion {
    /// On joining.
    Welcome,
    /// On the birthday, each year, in the member's own zone.
    Birthday,
    /// On the day of joining, each year after the first.
    Anniversary,
    /// On reaching one of the tiers of its gates.
    TierReached,
}
