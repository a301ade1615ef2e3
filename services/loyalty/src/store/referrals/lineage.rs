//! Who was brought by whom.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::StoreError;

/// A member, who brought it, who brought that one …, at most `depth` steps back. Members that were
/// merged into others stand here as those.
pub(crate) async fn of(
    db: &mut PgConnection,
    customer_id: Uuid,
    depth: u8,
) -> Result<Vec<Uuid>, StoreError> {
    let lineage = sqlx::query_scalar!(
        r#"
        WITH RECURSIVE line AS (
            SELECT coalesce(a.person_id, m.customer_id) AS person_id, 0 AS step
            FROM (SELECT $1::uuid AS customer_id) m
            LEFT JOIN referral_aliases a ON a.customer_id = m.customer_id
            UNION ALL
            SELECT brought.person_id, line.step + 1
            FROM line
            CROSS JOIN LATERAL (
                SELECT coalesce(a.person_id, r.referrer_id) AS person_id
                FROM referrals r
                LEFT JOIN referral_aliases a ON a.customer_id = r.referrer_id
                -- Of a person with several memberships, any of them may have been brought.
                WHERE (r.customer_id = line.person_id OR r.customer_id IN (
                    SELECT own.customer_id FROM referral_aliases own
                    WHERE own.person_id = line.person_id))
                    AND r.refused IS NULL
                ORDER BY r.referral_id
                LIMIT 1
            ) brought
            WHERE line.step < $2
        )
        SELECT person_id AS "person_id!" FROM line ORDER BY step
        "#,
        customer_id,
        i32::from(depth),
    )
    .fetch_all(db)
    .await?;
    Ok(lineage)
}

/// Notes that a member was merged into another one, and so were those that it had taken in before.
pub(crate) async fn merge(
    db: &mut PgConnection,
    merged: Uuid,
    into: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE referral_aliases SET person_id = $2 WHERE person_id = $1",
        merged,
        into,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        INSERT INTO referral_aliases (customer_id, person_id) VALUES ($1, $2)
        ON CONFLICT (customer_id) DO UPDATE SET person_id = excluded.person_id
        "#,
        merged,
        into,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a member, and with it those that it had taken in, is a person of its own again. It
/// leads to nobody any more.
pub(crate) async fn part(db: &mut PgConnection, merged: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM referral_aliases WHERE customer_id = $1",
        merged
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        r#"
        WITH RECURSIVE taken_in AS (
            SELECT holder_id FROM holders WHERE merged_into = $1
            UNION
            SELECT h.holder_id FROM holders h JOIN taken_in t ON h.merged_into = t.holder_id
        )
        UPDATE referral_aliases SET person_id = $1
        WHERE customer_id IN (SELECT holder_id FROM taken_in)
        "#,
        merged,
    )
    .execute(db)
    .await?;
    Ok(())
}
