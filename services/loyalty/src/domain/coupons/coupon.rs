use jiff::Timestamp;
use uuid::Uuid;

use super::{Code, Validity};

/// A coupon as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// The coupon.
    pub coupon_id: Uuid,
    /// Its code.
    pub code: Code,
    /// The batch that it was issued in; `None`: by itself.
    pub batch_id: Option<Uuid>,
    /// Whose; `None`: whoever has the code.
    pub customer_id: Option<Uuid>,
    /// The program.
    pub program_id: String,
    /// The version whose template it follows.
    pub program_version: i64,
    /// The template.
    pub template_id: String,
    /// When it is valid.
    pub validity: Validity,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// What was done with it.
    pub state: CouponState,
    /// When its whole batch was voided; it does not touch a coupon that was used.
    pub batch_voided_at: Option<Timestamp>,
}

/// What was done with a coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CouponState {
    /// Nothing yet.
    Available,
    /// Reserved for a basket until an instant; from there on it is free again.
    Reserved {
        /// The reservation.
        reservation_id: Uuid,
        /// Until when.
        until: Timestamp,
    },
    /// Used for a purchase.
    Used {
        /// The reservation.
        reservation_id: Uuid,
        /// The purchase.
        order_id: String,
        /// When.
        at: Timestamp,
    },
    /// Voided.
    Voided {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

/// What a coupon is at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be used while it is valid.
    Available,
    /// Reserved.
    Reserved,
    /// Used.
    Used,
    /// Voided, by itself or with its batch.
    Voided,
    /// Its time is over.
    Expired,
}

/// Why a coupon can't be used, or not be voided. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CouponError {
    /// It was used before.
    #[error("the coupon was used before")]
    AlreadyUsed,
    /// It was voided.
    #[error("the coupon was voided")]
    Voided,
    /// Its time is over.
    #[error("the coupon expired at {at}")]
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It is reserved for another basket.
    #[error("the coupon is reserved until {until}")]
    Reserved {
        /// Until when.
        until: Timestamp,
    },
    /// It is not reserved by this reservation, or not any more.
    #[error("the coupon is not reserved by this reservation")]
    NotReserved,
}

impl Coupon {
    /// What it is at an instant.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match &self.state {
            CouponState::Used { .. } => Standing::Used,
            CouponState::Voided { .. } => Standing::Voided,
            _ if self.batch_voided_at.is_some() => Standing::Voided,
            _ if self.validity.is_over(now) => Standing::Expired,
            CouponState::Reserved { until, .. } if now < *until => Standing::Reserved,
            CouponState::Reserved { .. } | CouponState::Available => Standing::Available,
        }
    }

    /// Whether it can be reserved, as far as the coupon itself goes.
    pub fn check_free(&self, now: Timestamp) -> Result<(), CouponError> {
        match (self.standing(now), &self.state) {
            (Standing::Available, _) => Ok(()),
            (Standing::Reserved, CouponState::Reserved { until, .. }) => {
                Err(CouponError::Reserved { until: *until })
            }
            (Standing::Used, _) => Err(CouponError::AlreadyUsed),
            (Standing::Expired, _) => Err(self.expired(now)),
            (Standing::Voided | Standing::Reserved, _) => Err(CouponError::Voided),
        }
    }

    /// Reserves it.
    pub fn reserve(
        &self,
        reservation_id: Uuid,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<CouponState, CouponError> {
        self.check_free(now)?;
        Ok(CouponState::Reserved {
            reservation_id,
            until,
        })
    }

    /// Uses what this reservation holds. A coupon that was valid when it was reserved stays usable
    /// while the reservation lasts, also beyond its own end: the basket was priced with it.
    pub fn use_for(
        &self,
        reservation: Uuid,
        order_id: &str,
        now: Timestamp,
    ) -> Result<CouponState, CouponError> {
        match &self.state {
            CouponState::Used { .. } => Err(CouponError::AlreadyUsed),
            CouponState::Voided { .. } => Err(CouponError::Voided),
            _ if self.batch_voided_at.is_some() => Err(CouponError::Voided),
            CouponState::Reserved {
                reservation_id,
                until,
            } if *reservation_id == reservation && now < *until => Ok(CouponState::Used {
                reservation_id: reservation,
                order_id: order_id.to_owned(),
                at: now,
            }),
            CouponState::Reserved { .. } | CouponState::Available => Err(CouponError::NotReserved),
        }
    }

    /// Its state after a reservation was given up: what others hold by now stays theirs.
    pub fn release(&self, reservation: Uuid) -> Option<CouponState> {
        match &self.state {
            CouponState::Reserved { reservation_id, .. } if *reservation_id == reservation => {
                Some(CouponState::Available)
            }
            _ => None,
        }
    }

    /// Voids it, also while it is reserved: the use of the reservation is refused then.
    pub fn void(&self, reason: &str, now: Timestamp) -> Result<CouponState, CouponError> {
        match &self.state {
            CouponState::Used { .. } => Err(CouponError::AlreadyUsed),
            CouponState::Voided { .. } => Err(CouponError::Voided),
            CouponState::Available | CouponState::Reserved { .. } => Ok(CouponState::Voided {
                at: now,
                reason: reason.to_owned(),
            }),
        }
    }

    /// Its state after the purchase was wholly returned for which this reservation used it.
    pub fn give_back(
        &self,
        reservation: Uuid,
        reusable: bool,
        now: Timestamp,
    ) -> Option<CouponState> {
        match &self.state {
            CouponState::Used { reservation_id, .. } if *reservation_id == reservation => {
                Some(if reusable {
                    CouponState::Available
                } else {
                    let reason = "its purchase was returned".to_owned();
                    CouponState::Voided { at: now, reason }
                })
            }
            _ => None,
        }
    }

    fn expired(&self, now: Timestamp) -> CouponError {
        let at = self.validity.until.unwrap_or(now);
        CouponError::Expired { at }
    }
}
