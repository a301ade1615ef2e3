use std::collections::HashMap;

use postgres::DatabaseError;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::Told;

/// Keeps whom ids lead to, each unless something newer is known of it. Answers whether any was new.
///
/// # Errors
/// When the database could not be asked.
pub async fn learn(db: &mut PgConnection, told: &Told) -> Result<bool, DatabaseError> {
    // Sorted, so that two who learn of the same people never wait for each other.
    let (ids, profiles): (Vec<Uuid>, Vec<Uuid>) =
        told.profiles.iter().map(|(id, to)| (*id, *to)).unzip();
    let learnt = sqlx::query!(
        "INSERT INTO person_ids AS known (customer_id, profile_id, revision)
         SELECT customer_id, profile_id, $3
         FROM unnest($1::uuid[], $2::uuid[]) AS told (customer_id, profile_id)
         ON CONFLICT (customer_id) DO UPDATE SET
             profile_id = excluded.profile_id, revision = excluded.revision
         WHERE known.revision < excluded.revision",
        &ids,
        &profiles,
        told.revision,
    )
    .execute(db)
    .await?;
    Ok(learnt.rows_affected() > 0)
}

/// Whom these ids lead to; one of which nothing was said is left out.
///
/// # Errors
/// When the database could not be asked.
pub async fn profiles_of(
    db: impl PgExecutor<'_>,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT customer_id, profile_id FROM person_ids WHERE customer_id = ANY ($1)",
        ids,
    )
    .fetch_all(db)
    .await?;
    let known = rows
        .into_iter()
        .map(|row| (row.customer_id, row.profile_id));
    Ok(known.collect())
}

/// All ids of the person to whom an id leads, itself among them, sorted.
///
/// # Errors
/// When the database could not be asked.
pub async fn ids_of(db: impl PgExecutor<'_>, id: Uuid) -> Result<Vec<Uuid>, DatabaseError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT customer_id AS "customer_id!" FROM person_ids
           WHERE profile_id = (SELECT profile_id FROM person_ids WHERE customer_id = $1)
           UNION SELECT $1 ORDER BY 1"#,
        id,
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}
