//! How many of a reward one member may have in a period of the program's days.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::AppError;
use crate::domain::program::{Program, Reward};
use crate::domain::rewards::left_of_limit;
use crate::store::reward_orders;

/// How many of each of these rewards the member has had in the present period; of those without a
/// limit nothing is asked.
pub(super) async fn had(
    db: &mut PgConnection,
    program: &Program,
    customer_id: Uuid,
    rewards: &[&Reward],
    now: Timestamp,
) -> Result<BTreeMap<String, i64>, AppError> {
    let zone = &program.document.zone;
    let since = rewards.iter().filter_map(|reward| {
        let period = reward.per_member_limit?.period;
        let first_day = period.bucket(zone.date_of(now)).days().first;
        let start = zone.start_of(first_day);
        Some((reward.reward_id.as_str(), start))
    });
    let since: Vec<_> = since.collect();
    if since.is_empty() {
        return Ok(BTreeMap::new());
    }
    let had = reward_orders::had_since(db, customer_id, &since).await?;
    Ok(had.into_iter().collect())
}

/// How many more the member may have; `None`: without a limit.
pub(super) fn left(reward: &Reward, had: &BTreeMap<String, i64>) -> Option<i64> {
    let had = had
        .get(reward.reward_id.as_str())
        .copied()
        .unwrap_or_default();
    left_of_limit(reward.per_member_limit, had)
}
