//! Who may take part.

use sqlx::PgConnection;
use uuid::Uuid;

use super::AppError;
use crate::domain::program::TierGate;
use crate::domain::rewards;
use crate::store::tiers;

/// Whether a member stands high enough for one of the gates; where there are none, everybody does,
/// and nothing is read.
pub(crate) async fn passes(
    db: &mut PgConnection,
    customer_id: Uuid,
    gates: &[TierGate],
) -> Result<bool, AppError> {
    if gates.is_empty() {
        return Ok(true);
    }
    let mut standings = tiers::standings(db, &[customer_id]).await?;
    let stands = standings.remove(&customer_id).unwrap_or_default();
    Ok(rewards::passes(gates, &stands))
}
