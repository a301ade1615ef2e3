use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::AppError;
use crate::domain::program::{LadderId, TierId};
use crate::store::tiers;

/// Where a member stands on each ladder on which it stands at all.
pub(super) async fn standing(
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<BTreeMap<LadderId, TierId>, AppError> {
    let mut standings = tiers::standings(db, &[customer_id]).await?;
    Ok(standings.remove(&customer_id).unwrap_or_default())
}
