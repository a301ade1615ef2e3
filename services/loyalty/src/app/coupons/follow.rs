use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::issue::template;
use super::settle::locked;
use crate::app::books::Books;
use crate::app::{AppError, Loyalty};
use crate::domain::coupons::{Coupon, ReservationState};
use crate::domain::happened::Happened;
use crate::domain::program::OnReturn;
use crate::store::coupons::{self, reservations};
use crate::wire;

/// Gives coupons back whose purchase was wholly returned, or voids them, as their templates say.
pub(crate) async fn follow(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    happened: &[Happened],
) -> Result<(), AppError> {
    let undone = happened.iter().filter_map(|happened| match happened {
        Happened::Sale(change) if change.before.counts && !change.after.counts => {
            Some((change.customer_id, change.order_id.as_str()))
        }
        _ => None,
    });
    let undone: Vec<(Uuid, &str)> = undone.collect();
    if undone.is_empty() {
        return Ok(());
    }
    for (customer_id, reservation_id) in reservations::lock_used_for(tx, &undone).await? {
        give_back(loyalty, tx, books, customer_id, reservation_id).await?;
    }
    Ok(())
}

async fn give_back(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    customer_id: Uuid,
    reservation_id: Uuid,
) -> Result<(), AppError> {
    let now = books.now();
    let (mut reservation, held) = locked(tx, customer_id, reservation_id).await?;
    let mut states = Vec::with_capacity(held.len());
    for coupon in &held {
        let usable = is_reusable(loyalty, tx, coupon).await?;
        let Some(state) = coupon.give_back(reservation_id, usable, now) else {
            continue;
        };
        states.push((coupon.coupon_id, state));
        let event = wire::coupons::returned_event(&reservation, coupon, usable);
        books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    }
    coupons::update(tx, &states).await?;
    reservation.state = ReservationState::Returned;
    reservation.updated_at = now;
    reservations::update(tx, &reservation).await?;
    Ok(())
}

async fn is_reusable(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    coupon: &Coupon,
) -> Result<bool, AppError> {
    let program = loyalty
        .programs
        .version(tx, &coupon.program_id, coupon.program_version);
    let program = program.await?;
    let template = template(&program, &coupon.template_id)?;
    Ok(template.on_return == OnReturn::Reusable)
}
