use calendar::Zone;
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use contract::patron::loyalty::v1 as contract;
use contract::simulate_rating_request::Member;

use crate::app::AppError;
use crate::domain::program::{LadderId, SegmentId, TierId};
use crate::domain::rating::{MemberThen, Moment, Orders, Snapshot, Source};
use crate::store::ledger::holders;
use crate::store::rating::{birthdays, past, segments};
use crate::store::tiers;
use crate::wire;

/// The member whose basket or act it is: a real one as it is now, or an invented one. Without
/// either, somebody who has just joined.
pub(super) async fn member(
    db: &mut PgConnection,
    member: Option<&Member>,
    (at, zone): (Timestamp, &Zone),
) -> Result<MemberThen, AppError> {
    match member {
        Some(Member::CustomerId(customer_id)) => {
            let customer_id = wire::id(customer_id, "customer_id").unwrap_or_default();
            real(db, customer_id, (at, zone)).await
        }
        Some(Member::Invented(invented)) => Ok(imagined(invented, at)),
        None => Ok(imagined(&contract::InventedMember::default(), at)),
    }
}

async fn real(
    db: &mut PgConnection,
    customer_id: Uuid,
    (at, zone): (Timestamp, &Zone),
) -> Result<MemberThen, AppError> {
    let holder = holders::find(&mut *db, customer_id).await?;
    let holder = holder.ok_or(AppError::MemberNotFound)?;
    let ids = [customer_id];
    let mut standings = tiers::standings(&mut *db, &ids).await?;
    let mut segments = segments::of_members(&mut *db, &ids).await?;
    let segments = segments.remove(&customer_id).unwrap_or_default();
    let birthdays = birthdays::of_members(&mut *db, &ids).await?;
    let birthday = birthdays.get(&customer_id);
    let day = zone.date_of(at);
    let moment = Moment {
        at,
        source: Source::Order(String::new()),
    };
    let orders = past::orders(db, std::iter::once((customer_id, &moment))).await?;
    Ok(MemberThen {
        joined_at: holder.enrolled_at,
        snapshot: Snapshot {
            tiers: standings.remove(&customer_id).unwrap_or_default(),
            segments: segments
                .into_iter()
                .map(|(segment_id, _)| segment_id)
                .collect(),
            is_birthday: birthday.is_some_and(|birthday| birthday.falls_on(day)),
            is_birthday_month: birthday.is_some_and(|birthday| birthday.month() == day.month()),
        },
        orders: orders.into_iter().next().unwrap_or_default(),
    })
}

fn imagined(invented: &contract::InventedMember, at: Timestamp) -> MemberThen {
    let tenure = SignedDuration::from_hours(24 * i64::from(invented.tenure_days));
    let tiers = invented
        .tiers
        .iter()
        .filter(|tier| !tier.tier_id.is_empty());
    MemberThen {
        joined_at: at.saturating_sub(tenure).unwrap_or(at),
        snapshot: Snapshot {
            tiers: tiers
                .map(|tier| (LadderId::new(&tier.ladder_id), TierId::new(&tier.tier_id)))
                .collect(),
            segments: invented
                .segment_ids
                .iter()
                .map(|id| SegmentId::new(id))
                .collect(),
            is_birthday: invented.is_birthday,
            is_birthday_month: invented.is_birthday,
        },
        orders: Orders {
            count: invented.order_count,
            last_at: None,
        },
    }
}
