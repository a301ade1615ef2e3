use contract::patron::loyalty::v1 as contract;
use idempotency::Claim;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgTransaction;
use tonic::{Response, Status};

use super::CouponsError;
use super::basket::{Wanted, apply};
use crate::app::{AppError, Call, Loyalty};
use crate::domain::coupons::{Coupon, CouponState, Reservation, ReservationState};
use crate::store::coupons::{self, reservations};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.CouponService/ReserveCoupons";
/// How long coupons stay reserved where the caller does not say.
const DEFAULT_SECONDS: i64 = 900;

/// Coupons to be reserved for a basket.
#[derive(Clone, Debug)]
pub(crate) struct Reserve {
    /// The basket and the codes.
    pub(crate) wanted: Wanted,
    /// The purchase; empty while it has no name.
    pub(crate) order_id: String,
    /// For how long; 0: as usual.
    pub(crate) seconds: i32,
}

/// Reserves coupons once for each request, all of them or none.
pub(crate) async fn reserve(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::ReserveCouponsRequest,
) -> Result<Response<contract::CouponReservation>, Status> {
    let reserve = wire::coupons::reserve(&request)?;
    let key = (METHOD, request.request_id.as_str());
    let mut claimed = match loyalty.claim(call, key, &request).await? {
        Claim::Replayed(answer) => return answer,
        Claim::Fresh(claimed) => claimed,
    };
    let tx = claimed.transaction();
    let outcome: Result<_, AppError> = async {
        let (reservation, coupons) = write(loyalty, tx, reserve).await?;
        Ok(wire::coupons::reservation(
            &reservation,
            &coupons,
            reservation.created_at,
        ))
    }
    .await;
    loyalty.finish(claimed, outcome).await
}

async fn write(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    reserve: Reserve,
) -> Result<(Reservation, Vec<Coupon>), AppError> {
    let wanted = &reserve.wanted;
    let found = coupons::lock_by_code(tx, &coupons::texts(&wanted.codes)).await?;
    // Read after the lock: whoever waited decides by the time at which its turn has come.
    let now = loyalty.now();
    let checked = apply(loyalty, tx, wanted, found, now).await?;
    let reservation_id = loyalty.clock.new_id();
    let until = until(now, reserve.seconds)?;
    let reserved = checked.coupons.iter().map(|(coupon, _)| {
        let state = coupon.reserve(reservation_id, until, now);
        let state = state.map_err(|error| CouponsError::Coupon {
            code: coupon.code.clone(),
            error,
        })?;
        Ok((coupon.coupon_id, state))
    });
    let states: Vec<(_, CouponState)> = reserved.collect::<Result<_, CouponsError>>()?;
    let (coupons, discounts): (Vec<_>, Vec<_>) = checked.coupons.into_iter().unzip();
    let reservation = Reservation {
        reservation_id,
        customer_id: wanted.customer_id,
        order_id: reserve.order_id,
        state: ReservationState::Open,
        currency: checked.basket.currency(),
        discounts: coupons
            .iter()
            .map(|coupon| coupon.coupon_id)
            .zip(discounts)
            .collect(),
        expires_at: until,
        created_at: now,
        updated_at: now,
    };
    coupons::update(tx, &states).await?;
    reservations::insert(tx, &reservation).await?;
    Ok((reservation, coupons))
}

fn until(now: Timestamp, seconds: i32) -> Result<Timestamp, CouponsError> {
    let seconds = match seconds {
        0 => DEFAULT_SECONDS,
        seconds => i64::from(seconds),
    };
    let until = now.checked_add(SignedDuration::from_secs(seconds));
    until.map_err(|_| CouponsError::Term)
}
