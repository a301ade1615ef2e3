use jiff::Timestamp;
use uuid::Uuid;

use super::GrantCause;
use crate::domain::program::Grant;

/// Something that a member was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The grant.
    pub grant_id: Uuid,
    /// To whom.
    pub customer_id: Uuid,
    /// Why.
    pub cause: GrantCause,
    /// Its place in the list of what the cause gives.
    pub position: i16,
    /// What.
    pub grant: Grant,
    /// What it came to: a lot, a coupon.
    pub result_id: Option<Uuid>,
    /// When it was given.
    pub given_at: Timestamp,
    /// When it was taken back; `None`: it stands.
    pub revoked_at: Option<Timestamp>,
    /// Of what was taken back, how much could not be.
    pub kept: i64,
}

impl Given {
    /// Whether it was not taken back.
    pub fn stands(&self) -> bool {
        self.revoked_at.is_none()
    }
}

/// How much a grant is: points, tickets, or one.
pub fn quantity_of(grant: &Grant) -> i64 {
    match grant {
        Grant::Points { points, .. } => points.get(),
        Grant::Tickets { count, .. } => i64::from(*count),
        Grant::Coupon(_) | Grant::BenefitUse(_) | Grant::Badge(_) => 1,
    }
}
