//! Winners of draws at their end.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::rows::DrawRow;
use crate::store::StoreError;

/// A prize that is still to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// The program.
    pub(crate) program_id: String,
    /// The draw.
    pub(crate) draw_id: String,
    /// The ticket.
    pub(crate) number: i64,
    /// Whose.
    pub(crate) customer_id: Uuid,
    /// The place of the prize.
    pub(crate) prize: i16,
}

/// Writes the winning numbers with the places of their prizes.
pub(crate) async fn insert(
    db: &mut PgConnection,
    draw: &DrawRow,
    winners: &BTreeMap<i64, usize>,
) -> Result<(), StoreError> {
    let numbers: Vec<i64> = winners.keys().copied().collect();
    let places = winners.values().map(|place| i16::try_from(*place));
    let places: Vec<i16> = places.map(|place| place.unwrap_or(i16::MAX)).collect();
    sqlx::query!(
        r#"
        INSERT INTO draw_winners (program_id, draw_id, number, customer_id, prize)
        SELECT t.program_id, t.draw_id, t.number, t.customer_id, w.prize
        FROM unnest($3::bigint[], $4::smallint[]) AS w (number, prize)
        JOIN draw_tickets t ON t.program_id = $1 AND t.draw_id = $2 AND t.number = w.number
        "#,
        draw.program_id,
        draw.draw_id,
        &numbers,
        &places,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Prizes that are still to be given.
pub(crate) async fn due(db: impl PgExecutor<'_>, limit: i64) -> Result<Vec<Due>, StoreError> {
    let due = sqlx::query_as!(
        Due,
        r#"
        SELECT program_id, draw_id, number, customer_id, prize FROM draw_winners
        WHERE given_at IS NULL
        ORDER BY program_id, draw_id, number
        LIMIT $1
        "#,
        limit,
    );
    Ok(due.fetch_all(db).await?)
}

/// Notes that a prize has been given; `false` when it had been before. The member must be locked.
pub(crate) async fn give(
    db: &mut PgConnection,
    due: &Due,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let given = sqlx::query!(
        r#"
        UPDATE draw_winners SET given_at = $4
        WHERE program_id = $1 AND draw_id = $2 AND number = $3 AND given_at IS NULL
        "#,
        due.program_id,
        due.draw_id,
        due.number,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(given.rows_affected() == 1)
}
