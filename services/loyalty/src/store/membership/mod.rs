//! The life of memberships: what happened to them, their cards, and merges.

pub(crate) mod apart;
pub(crate) mod cards;
pub(crate) mod changes;
pub(crate) mod merges;
pub(crate) mod overview;

use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::ledger::holders::Merged;
use super::numbers::Numbered as _;
use crate::domain::ledger::State;

/// Sets the state of a membership, and where it leads. It is locked by this transaction.
pub(crate) async fn set(
    db: &mut PgConnection,
    customer_id: Uuid,
    state: State,
    merged: Option<Merged>,
) -> Result<(), StoreError> {
    let set = sqlx::query!(
        "UPDATE holders SET state = $2, merged_into = $3, merge_id = $4 WHERE holder_id = $1",
        customer_id,
        state.number(),
        merged.map(|merged| merged.into),
        merged.map(|merged| merged.merge_id),
    )
    .execute(db)
    .await?;
    if set.rows_affected() == 1 {
        Ok(())
    } else {
        Err(StoreError::RowsMissing)
    }
}
