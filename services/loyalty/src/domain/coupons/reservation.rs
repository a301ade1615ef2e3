use jiff::Timestamp;
use uuid::Uuid;

use super::Discount;
use crate::domain::Currency;

/// Coupons that are reserved for a basket, and what they take off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The reservation.
    pub reservation_id: Uuid,
    /// Whose basket.
    pub customer_id: Uuid,
    /// The purchase; empty before it has a name.
    pub order_id: String,
    /// What has become of it.
    pub state: ReservationState,
    /// The basket's currency.
    pub currency: Currency,
    /// Each coupon with what it takes off, in the order in which they apply.
    pub discounts: Vec<(Uuid, Discount)>,
    /// Until when the coupons are reserved.
    pub expires_at: Timestamp,
    /// When they were reserved.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What has become of a reservation. That its time is over is no state of its own: nobody has to
/// write it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationState {
    /// The coupons are reserved.
    Open,
    /// They were used.
    Used,
    /// They were given free.
    Released,
    /// They were used, and the purchase was wholly returned.
    Returned,
}

/// Why a reservation can't be used or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reservation is {state}")]
pub struct ReservationEnded {
    /// What it is: `USED`, `RELEASED`, `RETURNED`, `EXPIRED`.
    pub state: &'static str,
}

impl Reservation {
    /// Whether its time is over without anything having become of it.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.state == ReservationState::Open && self.expires_at <= now
    }

    /// Whether it can be used or released.
    pub fn check_open(&self, now: Timestamp) -> Result<(), ReservationEnded> {
        let state = match self.state {
            ReservationState::Open if now < self.expires_at => return Ok(()),
            ReservationState::Open => "EXPIRED",
            ReservationState::Used => "USED",
            ReservationState::Released => "RELEASED",
            ReservationState::Returned => "RETURNED",
        };
        Err(ReservationEnded { state })
    }
}
