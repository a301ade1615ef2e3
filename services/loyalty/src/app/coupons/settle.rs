//! What becomes of a reservation: it is used, or given up.

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use idempotency::Claim;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::CouponsError;
use crate::app::{AppError, Call, Loyalty};
use crate::domain::coupons::{Coupon, CouponState, Reservation, ReservationState};
use crate::store::coupons::{self, reservations};
use crate::wire;

const USE: &str = "patron.loyalty.v1.CouponService/UseCoupons";
const RELEASE: &str = "patron.loyalty.v1.CouponService/ReleaseCoupons";

/// Uses the coupons of a reservation for a purchase, once for each request.
pub(crate) async fn use_for(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::UseCouponsRequest,
) -> Result<Response<contract::CouponReservation>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let reservation_id = wire::id(&request.reservation_id, "reservation_id")?;
    let key = (USE, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let (mut reservation, held) = locked(tx, customer_id, reservation_id).await?;
        let now = loyalty.now();
        reservation.check_open(now).map_err(CouponsError::from)?;
        let used = held.iter().map(|coupon| {
            let state = coupon.use_for(reservation_id, &request.order_id, now);
            let state = state.map_err(|error| CouponsError::Coupon {
                code: coupon.code.clone(),
                error,
            })?;
            Ok((coupon.coupon_id, state))
        });
        let states: Vec<(Uuid, CouponState)> = used.collect::<Result<_, CouponsError>>()?;
        reservation.state = ReservationState::Used;
        reservation.order_id.clone_from(&request.order_id);
        reservation.updated_at = now;
        coupons::update(tx, &states).await?;
        reservations::update(tx, &reservation).await?;
        let events = used_events(&reservation, &held);
        loyalty.outbox.append_all(tx, &events).await?;
        Ok(wire::coupons::reservation(&reservation, &held, now))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

/// Gives the coupons of a reservation free, once for each request.
pub(crate) async fn release(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ReleaseCouponsRequest,
) -> Result<Response<contract::CouponReservation>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let reservation_id = wire::id(&request.reservation_id, "reservation_id")?;
    let key = (RELEASE, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let (mut reservation, held) = locked(tx, customer_id, reservation_id).await?;
        let now = loyalty.now();
        reservation.check_open(now).map_err(CouponsError::from)?;
        let free = held
            .iter()
            .filter_map(|coupon| Some((coupon.coupon_id, coupon.release(reservation_id)?)));
        coupons::update(tx, &free.collect::<Vec<_>>()).await?;
        reservation.state = ReservationState::Released;
        reservation.updated_at = now;
        reservations::update(tx, &reservation).await?;
        Ok(wire::coupons::reservation(&reservation, &held, now))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

/// Locks a reservation, then its coupons, and reads both. The coupons stand as they apply.
pub(super) async fn locked(
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    reservation_id: Uuid,
) -> Result<(Reservation, Vec<Coupon>), AppError> {
    let missing = || CouponsError::NotFound {
        resource: "reservation",
    };
    if !reservations::lock(tx, customer_id, reservation_id).await? {
        return Err(missing().into());
    }
    let reservation = reservations::find(tx, customer_id, reservation_id).await?;
    let reservation = reservation.ok_or_else(missing)?;
    let ids: Vec<Uuid> = reservation
        .discounts
        .iter()
        .map(|(coupon_id, _)| *coupon_id)
        .collect();
    let mut held = coupons::lock(tx, &ids).await?;
    held.sort_by_key(|coupon| ids.iter().position(|id| *id == coupon.coupon_id));
    Ok((reservation, held))
}

fn used_events(reservation: &Reservation, held: &[Coupon]) -> Vec<NewEvent> {
    let customer_id = reservation.customer_id;
    let used = held
        .iter()
        .zip(&reservation.discounts)
        .map(|(coupon, (_, discount))| {
            let event = wire::coupons::used_event(reservation, coupon, discount);
            NewEvent::about(customer_id, Some(customer_id), &event)
        });
    used.collect()
}
