//! Whom the profile service takes for one person.

use std::collections::HashMap;

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::store::StoreError;

/// Keeps whom ids lead to, each unless something newer is known of it. Answers whether any was new.
/// The ids must be sorted, or two callers could wait for each other.
pub(crate) async fn learn(
    db: &mut PgConnection,
    homes: &[(Uuid, Uuid)],
    revision: i64,
) -> Result<bool, StoreError> {
    let (ids, profiles): (Vec<Uuid>, Vec<Uuid>) = homes.iter().copied().unzip();
    let learnt = sqlx::query!(
        "INSERT INTO profile_homes (customer_id, profile_id, revision)
         SELECT customer_id, profile_id, $3
         FROM unnest($1::uuid[], $2::uuid[]) AS told (customer_id, profile_id)
         ON CONFLICT (customer_id) DO UPDATE SET
             profile_id = excluded.profile_id, revision = excluded.revision
         WHERE profile_homes.revision < excluded.revision",
        &ids,
        &profiles,
        revision,
    )
    .execute(db)
    .await?;
    Ok(learnt.rows_affected() > 0)
}

/// Whom these ids lead to; one of which nothing was said is left out.
pub(crate) async fn known(
    db: impl PgExecutor<'_>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, StoreError> {
    let rows = sqlx::query!(
        "SELECT customer_id, profile_id FROM profile_homes WHERE customer_id = ANY ($1)",
        ids,
    )
    .fetch_all(db)
    .await?;
    let known = rows
        .into_iter()
        .map(|row| (row.customer_id, row.profile_id));
    Ok(known.collect())
}
