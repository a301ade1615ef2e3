use ::contract::time::timestamp;
use contract::patron::loyalty::v1 as contract;
use uuid::Uuid;

use crate::domain::Money;
use crate::domain::coupons::{Coupon, Discount, Reservation};
use crate::store::coupons::batches::CouponBatch;
use crate::wire::amount as money;

/// A coupon was issued to a member.
pub(crate) fn issued_event(customer_id: Uuid, coupon: &Coupon) -> contract::CouponIssued {
    contract::CouponIssued {
        customer_id: customer_id.to_string(),
        coupon_id: coupon.coupon_id.to_string(),
        program_id: coupon.program_id.clone(),
        template_id: coupon.template_id.clone(),
        batch_id: coupon.batch_id.map(|id| id.to_string()).unwrap_or_default(),
        valid_until_time: coupon.validity.until.map(timestamp),
    }
}

/// All coupons of a batch were issued.
pub(crate) fn batch_completed_event(batch: &CouponBatch) -> contract::CouponBatchCompleted {
    contract::CouponBatchCompleted {
        batch_id: batch.batch_id.to_string(),
        program_id: batch.program_id.clone(),
        template_id: batch.template_id.clone(),
        count: batch.issued,
    }
}

/// A coupon was used.
pub(crate) fn used_event(
    reservation: &Reservation,
    coupon: &Coupon,
    discount: &Discount,
) -> contract::CouponUsed {
    let amount = Money {
        currency: reservation.currency,
        minor: discount.amount_minor,
    };
    contract::CouponUsed {
        customer_id: reservation.customer_id.to_string(),
        coupon_id: coupon.coupon_id.to_string(),
        template_id: coupon.template_id.clone(),
        order_id: reservation.order_id.clone(),
        amount: Some(money(amount)),
    }
}

/// The purchase for which a coupon was used was wholly returned.
pub(crate) fn returned_event(
    reservation: &Reservation,
    coupon: &Coupon,
    usable: bool,
) -> contract::CouponReturned {
    contract::CouponReturned {
        customer_id: reservation.customer_id.to_string(),
        coupon_id: coupon.coupon_id.to_string(),
        template_id: coupon.template_id.clone(),
        order_id: reservation.order_id.clone(),
        usable,
    }
}

/// A coupon can't be used any more.
pub(crate) fn voided_event(coupon: &Coupon, reason: &str) -> contract::CouponVoided {
    contract::CouponVoided {
        customer_id: coupon
            .customer_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        coupon_id: coupon.coupon_id.to_string(),
        template_id: coupon.template_id.clone(),
        reason: reason.to_owned(),
    }
}

/// Coupons of a batch can't be used any more.
pub(crate) fn batch_voided_event(batch: &CouponBatch, reason: &str) -> contract::CouponBatchVoided {
    contract::CouponBatchVoided {
        batch_id: batch.batch_id.to_string(),
        program_id: batch.program_id.clone(),
        template_id: batch.template_id.clone(),
        reason: reason.to_owned(),
    }
}
