use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::store::StoreError;

/// A package for an occasion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) package_id: String,
    /// Which occasion.
    pub(crate) key: String,
    /// Of a tier: where and when it was reached.
    pub(crate) reached: Option<Reached>,
}

/// A tier that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) ladder_id: String,
    pub(crate) tier_id: String,
    pub(crate) on: Date,
}

/// Notes that a member is given a package for an occasion; false when it was before, and stands. The
/// member must be locked.
pub(crate) async fn claim(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    occurrence: &Occurrence,
    program_version: i64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let reached = occurrence.reached.as_ref();
    let written = sqlx::query!(
        r#"
        INSERT INTO package_grants AS g (customer_id, package_id, occasion_key, ladder_id, tier_id,
            reached_on, program_version, granted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (customer_id, package_id, occasion_key) DO UPDATE SET
            revoked_at = NULL, granted_at = excluded.granted_at,
            program_version = excluded.program_version
        WHERE g.revoked_at IS NOT NULL
        "#,
        customer_id,
        occurrence.package_id,
        occurrence.key,
        reached.map(|reached| reached.ladder_id.as_str()),
        reached.map(|reached| reached.tier_id.as_str()),
        reached.map(|reached| reached.on.to_sqlx()) as _,
        program_version,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Packages that stand, of tiers of a ladder.
pub(crate) async fn of_ladder(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    ladder_id: &str,
) -> Result<Vec<Occurrence>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT package_id, occasion_key, tier_id AS "tier_id!", reached_on AS "reached_on!"
        FROM package_grants
        WHERE customer_id = $1 AND ladder_id = $2 AND revoked_at IS NULL
        "#,
        customer_id,
        ladder_id,
    )
    .fetch_all(db)
    .await?;
    let occurrences = rows.into_iter().map(|row| Occurrence {
        package_id: row.package_id,
        key: row.occasion_key,
        reached: Some(Reached {
            ladder_id: ladder_id.to_owned(),
            tier_id: row.tier_id,
            on: row.reached_on.to_jiff(),
        }),
    });
    Ok(occurrences.collect())
}

/// Notes that a package is taken back.
pub(crate) async fn revoke(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    occurrence: &Occurrence,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE package_grants SET revoked_at = $4
        WHERE customer_id = $1 AND package_id = $2 AND occasion_key = $3
        "#,
        customer_id,
        occurrence.package_id,
        occurrence.key,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
