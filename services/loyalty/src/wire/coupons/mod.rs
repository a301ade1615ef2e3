//! Coupons, batches and reservations.

mod events;
mod requests;
mod template;

use ::contract::patron::r#type::v1 as common;
use ::contract::time::timestamp;
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;

use super::amount as money;
use crate::app::coupons::Checked;
use crate::domain::coupons::{
    Coupon, CouponState, Discount, Reservation, ReservationState, Standing,
};
use crate::domain::program::CouponTemplate;
use crate::domain::{Currency, Money};
use crate::store::coupons::batches::CouponBatch;

pub(crate) use events::{
    batch_completed_event, batch_voided_event, issued_event, returned_event, used_event,
    voided_event,
};
pub(crate) use requests::{basket, code, issue, reserve};

/// A coupon as it stands at an instant.
pub(crate) fn coupon(
    coupon: &Coupon,
    follows: &CouponTemplate,
    now: Timestamp,
) -> contract::Coupon {
    let standing = coupon.standing(now);
    let used = match &coupon.state {
        CouponState::Used { at, order_id, .. } => Some((at, order_id)),
        _ => None,
    };
    let reserved_until = match coupon.state {
        CouponState::Reserved { until, .. } if standing == Standing::Reserved => Some(until),
        _ => None,
    };
    contract::Coupon {
        coupon_id: coupon.coupon_id.to_string(),
        code: coupon.code.to_string(),
        program_id: coupon.program_id.clone(),
        program_version: coupon.program_version,
        template: Some(template::template(follows)),
        customer_id: coupon
            .customer_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        batch_id: coupon.batch_id.map(|id| id.to_string()).unwrap_or_default(),
        state: state(standing).into(),
        valid_from_time: Some(timestamp(coupon.validity.from)),
        valid_until_time: coupon.validity.until.map(timestamp),
        issue_time: Some(timestamp(coupon.issued_at)),
        use_time: used.map(|(at, _)| timestamp(*at)),
        order_id: used
            .map(|(_, order_id)| order_id.clone())
            .unwrap_or_default(),
        reserve_until_time: reserved_until.map(timestamp),
    }
}

fn state(standing: Standing) -> contract::coupon::State {
    match standing {
        Standing::Available => contract::coupon::State::Available,
        Standing::Reserved => contract::coupon::State::Reserved,
        Standing::Used => contract::coupon::State::Used,
        Standing::Voided => contract::coupon::State::Voided,
        Standing::Expired => contract::coupon::State::Expired,
    }
}

/// A batch.
pub(crate) fn batch(batch: &CouponBatch) -> contract::CouponBatch {
    use contract::coupon_batch::State;
    let state = match (batch.voided_at, batch.completed_at) {
        (Some(_), _) => State::Voided,
        (None, Some(_)) => State::Complete,
        (None, None) => State::Issuing,
    };
    contract::CouponBatch {
        batch_id: batch.batch_id.to_string(),
        program_id: batch.program_id.clone(),
        template_id: batch.template_id.clone(),
        program_version: batch.program_version,
        count: batch.requested,
        issued_count: batch.issued,
        state: state.into(),
        reference: batch.reference.clone(),
        create_time: Some(timestamp(batch.created_at)),
        complete_time: batch.completed_at.map(timestamp),
    }
}

/// A reservation as it stands at an instant, with its coupons as they apply.
pub(crate) fn reservation(
    reservation: &Reservation,
    coupons: &[Coupon],
    now: Timestamp,
) -> contract::CouponReservation {
    use contract::coupon_reservation::State;
    let state = match reservation.state {
        ReservationState::Open if reservation.is_expired(now) => State::Expired,
        ReservationState::Open => State::Open,
        ReservationState::Used => State::Used,
        ReservationState::Released => State::Released,
        ReservationState::Returned => State::Returned,
    };
    let amounts = reservation.discounts.iter().map(|(_, discount)| discount);
    let with_coupon = coupons.iter().zip(amounts.clone());
    let currency = reservation.currency;
    contract::CouponReservation {
        reservation_id: reservation.reservation_id.to_string(),
        customer_id: reservation.customer_id.to_string(),
        order_id: reservation.order_id.clone(),
        state: state.into(),
        discounts: with_coupon
            .map(|(coupon, off)| discount(coupon, off, currency))
            .collect(),
        total: Some(total(amounts, currency)),
        expire_time: Some(timestamp(reservation.expires_at)),
        create_time: Some(timestamp(reservation.created_at)),
        update_time: Some(timestamp(reservation.updated_at)),
    }
}

/// What coupons would do.
pub(crate) fn checked(checked: &Checked) -> contract::CheckCouponsResponse {
    let currency = checked.basket.currency();
    let coupons = checked.coupons.iter();
    contract::CheckCouponsResponse {
        discounts: coupons
            .clone()
            .map(|(coupon, off)| discount(coupon, off, currency))
            .collect(),
        total: Some(total(coupons.map(|(_, off)| off), currency)),
        ..Default::default()
    }
}

fn total<'a>(discounts: impl Iterator<Item = &'a Discount>, currency: Currency) -> common::Money {
    // Never more than the basket, and so no overflow.
    let minor = discounts.map(|discount| discount.amount_minor).sum();
    money(Money { currency, minor })
}

fn discount(coupon: &Coupon, off: &Discount, currency: Currency) -> contract::CouponDiscount {
    let minor = off.amount_minor;
    let lines =
        off.lines.iter().map(
            |(line_id, amount_minor)| contract::coupon_discount::LineShare {
                line_id: line_id.clone(),
                amount_minor: *amount_minor,
            },
        );
    contract::CouponDiscount {
        code: coupon.code.to_string(),
        template_id: coupon.template_id.clone(),
        amount: Some(money(Money { currency, minor })),
        lines: lines.collect(),
        free_delivery: off.free_delivery,
        gift_product_id: off.gift_product_id.clone().unwrap_or_default(),
    }
}
