use calendar::Zone;
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::AppError;
use crate::domain::program::Program;
use crate::domain::rating::{MemberThen, Snapshot};
use crate::store::ledger::holders;
use crate::store::{coupons, tiers};

/// A member as the condition of a coupon sees it now.
pub(super) async fn member(
    db: &mut PgConnection,
    program: &Program,
    customer_id: Uuid,
    now: Timestamp,
) -> Result<MemberThen, AppError> {
    let holder = holders::find(&mut *db, customer_id).await?;
    let holder = holder.ok_or(AppError::MemberNotFound)?;
    let mut standings = tiers::standings(&mut *db, &[customer_id]).await?;
    let mut snapshot = Snapshot {
        tiers: standings.remove(&customer_id).unwrap_or_default(),
        ..Snapshot::default()
    };
    if let Some((birthday, zone)) = coupons::birthday_of(&mut *db, customer_id).await? {
        let own = zone.and_then(|name| Zone::parse(&name).ok());
        let zone = own.as_ref().unwrap_or(&program.document.zone);
        let today = zone.date_of(now);
        snapshot.is_birthday = birthday.falls_on(today);
        snapshot.is_birthday_month = birthday.month() == today.month();
    }
    Ok(MemberThen {
        joined_at: holder.enrolled_at,
        snapshot,
        orders: coupons::orders_of(db, customer_id).await?,
    })
}
