//! Redemptions of which points were given back.

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::ledger::Points;
use crate::store::StoreError;

/// What was given back of a redemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RestorationRow {
    /// Whose.
    pub(crate) holder_id: Uuid,
    /// The redemption.
    pub(crate) redemption_id: Uuid,
    /// Of its points, what was given back so far.
    pub(crate) restored: Points,
}

/// What was given back of redemptions; those of which nothing was are left out.
pub(crate) async fn named(
    db: impl PgExecutor<'_>,
    redemptions: &[(Uuid, Uuid)],
) -> Result<Vec<RestorationRow>, StoreError> {
    let (holders, ids): (Vec<Uuid>, Vec<Uuid>) = redemptions.iter().copied().unzip();
    let rows = sqlx::query!(
        "SELECT r.holder_id, r.redemption_id, r.restored
         FROM unnest($1::uuid[], $2::uuid[]) AS named (holder_id, redemption_id)
         JOIN restorations r USING (holder_id, redemption_id)",
        &holders,
        &ids,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| RestorationRow {
        holder_id: row.holder_id,
        redemption_id: row.redemption_id,
        restored: Points::new(row.restored),
    });
    Ok(rows.collect())
}

/// What was given back of the redemptions of holders after one, up to and including another.
pub(crate) async fn in_range(
    db: impl PgExecutor<'_>,
    after: Uuid,
    last: Uuid,
) -> Result<Vec<RestorationRow>, StoreError> {
    let rows = sqlx::query!(
        "SELECT holder_id, redemption_id, restored FROM restorations
         WHERE holder_id > $1 AND holder_id <= $2",
        after,
        last,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| RestorationRow {
        holder_id: row.holder_id,
        redemption_id: row.redemption_id,
        restored: Points::new(row.restored),
    });
    Ok(rows.collect())
}

/// Writes what was given back of redemptions so far.
pub(crate) async fn set(db: &mut PgConnection, rows: &[RestorationRow]) -> Result<(), StoreError> {
    let holders: Vec<Uuid> = rows.iter().map(|row| row.holder_id).collect();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.redemption_id).collect();
    let restored: Vec<i64> = rows.iter().map(|row| row.restored.get()).collect();
    sqlx::query!(
        "INSERT INTO restorations (holder_id, redemption_id, restored)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])
         ON CONFLICT (holder_id, redemption_id) DO UPDATE SET restored = excluded.restored",
        &holders,
        &ids,
        &restored,
    )
    .execute(db)
    .await?;
    Ok(())
}
