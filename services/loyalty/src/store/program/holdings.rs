use sqlx::PgExecutor;

use crate::store::StoreError;

/// Which of these point currencies members of a program hold or owe points of.
pub(crate) async fn held_wallets(
    db: impl PgExecutor<'_>,
    program_id: &str,
    wallet_ids: &[String],
) -> Result<Vec<String>, StoreError> {
    let held = sqlx::query_scalar!(
        r#"
        SELECT asked.wallet_id AS "wallet_id!"
        FROM unnest($2::text[]) AS asked (wallet_id)
        WHERE EXISTS (
            SELECT FROM wallets w JOIN holders h ON h.holder_id = w.holder_id
            WHERE h.program_id = $1 AND w.wallet_id = asked.wallet_id
                AND (w.available <> 0 OR w.pending <> 0 OR w.held <> 0 OR w.debt <> 0)
        )
        "#,
        program_id,
        wallet_ids,
    )
    .fetch_all(db)
    .await?;
    Ok(held)
}
