//! Roots above blocks of tickets of closed draws: a path is put together from them.

use sqlx::{PgConnection, PgExecutor};

use super::rows::{DrawRow, digest};
use crate::domain::draws::Digest;
use crate::store::StoreError;

/// Writes the roots, from the first block on.
pub(crate) async fn insert(
    db: &mut PgConnection,
    draw: &DrawRow,
    roots: &[Digest],
) -> Result<(), StoreError> {
    let roots: Vec<Vec<u8>> = roots.iter().map(|root| root.0.to_vec()).collect();
    sqlx::query!(
        r#"
        INSERT INTO draw_blocks (program_id, draw_id, block, root)
        SELECT $1, $2, number - 1, root
        FROM unnest($3::bytea[]) WITH ORDINALITY AS block (root, number)
        "#,
        draw.program_id,
        draw.draw_id,
        &roots,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All roots in the order of their blocks: 32 bytes for each 1,024 tickets.
pub(crate) async fn all(
    db: impl PgExecutor<'_>,
    draw: &DrawRow,
) -> Result<Vec<Digest>, StoreError> {
    let roots = sqlx::query_scalar!(
        "SELECT root FROM draw_blocks WHERE program_id = $1 AND draw_id = $2 ORDER BY block",
        draw.program_id,
        draw.draw_id,
    )
    .fetch_all(db)
    .await?;
    roots.iter().map(|root| digest(root)).collect()
}
