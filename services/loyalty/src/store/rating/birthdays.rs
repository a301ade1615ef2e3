//! When members have their birthday, as far as they have told.

use std::collections::HashMap;

use calendar::MonthDay;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::store::StoreError;

/// The birthdays of these members.
pub(crate) async fn of_members(
    db: impl PgExecutor<'_>,
    customer_ids: &[Uuid],
) -> Result<HashMap<Uuid, MonthDay>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, month, day FROM member_days WHERE customer_id = ANY ($1) AND kind = 1",
        customer_ids,
    )
    .fetch_all(db)
    .await?;
    let days = rows.into_iter().filter_map(|row| {
        let (month, day) = (i8::try_from(row.month).ok()?, i8::try_from(row.day).ok()?);
        Some((row.customer_id, MonthDay::new(month, day).ok()?))
    });
    Ok(days.collect())
}
