use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::membership::CardNumber;
use crate::store::StoreError;

/// Gives new cards to members who have none, and tells who got one; those whose number was taken
/// did not.
pub(crate) async fn issue(
    db: &mut PgConnection,
    cards: &[(Uuid, CardNumber)],
    now: Timestamp,
) -> Result<Vec<Uuid>, StoreError> {
    let customers: Vec<Uuid> = cards.iter().map(|(customer_id, _)| *customer_id).collect();
    let numbers: Vec<&str> = cards.iter().map(|(_, number)| number.as_str()).collect();
    let issued = sqlx::query_scalar!(
        r#"
        INSERT INTO cards (customer_id, card_number, issued_at)
        SELECT customer_id, card_number, $3 FROM unnest($1::uuid[], $2::text[])
            AS new (customer_id, card_number)
        ON CONFLICT DO NOTHING
        RETURNING customer_id
        "#,
        &customers,
        &numbers as _,
        now.to_sqlx() as _,
    )
    .fetch_all(db)
    .await?;
    Ok(issued)
}

/// Ends the card of a member, if there is one.
pub(crate) async fn end(
    db: &mut PgConnection,
    customer_id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE cards SET ended_at = $2 WHERE customer_id = $1 AND ended_at IS NULL",
        customer_id,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The valid card of a member.
pub(crate) async fn of(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
) -> Result<Option<String>, StoreError> {
    let number = sqlx::query_scalar!(
        "SELECT card_number FROM cards WHERE customer_id = $1 AND ended_at IS NULL",
        customer_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(number)
}

/// Whose valid card it is.
pub(crate) async fn owner(
    db: impl PgExecutor<'_>,
    number: &CardNumber,
) -> Result<Option<Uuid>, StoreError> {
    let owner = sqlx::query_scalar!(
        "SELECT customer_id FROM cards WHERE card_number = $1 AND ended_at IS NULL",
        number.as_str(),
    )
    .fetch_optional(db)
    .await?;
    Ok(owner)
}
