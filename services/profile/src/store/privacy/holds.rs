//! Legal holds.

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::CustomerId;
use crate::domain::privacy::hold::{LegalHold, LegalHoldId, Released};
use crate::store::StoreError;

struct HoldRow {
    customer_id: Uuid,
    legal_hold_id: Uuid,
    reason: String,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
    released_at: Option<jiff_sqlx::Timestamp>,
    released_by: Option<String>,
    release_reason: Option<String>,
}

/// Adds one.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    hold: &LegalHold,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO legal_holds (customer_id, legal_hold_id, reason, created_by, created_at)
         VALUES ($1, $2, $3, $4, $5)",
        hold.customer.0,
        hold.id.0,
        hold.reason,
        hold.created_by,
        hold.created_at.to_sqlx(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes down that one was released.
pub(crate) async fn release(
    connection: &mut PgConnection,
    hold: &LegalHold,
    released: &Released,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE legal_holds SET released_at = $3, released_by = $4, release_reason = $5
         WHERE customer_id = $1 AND legal_hold_id = $2",
        hold.customer.0,
        hold.id.0,
        released.at.to_sqlx(),
        released.by,
        released.reason,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The newest `limit` before one, of all that are or were on a person.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    before: LegalHoldId,
    limit: i64,
) -> Result<Vec<LegalHold>, StoreError> {
    let rows = sqlx::query_as!(
        HoldRow,
        r#"SELECT customer_id, legal_hold_id, reason, created_by, created_at,
                  released_at AS "released_at: _", released_by, release_reason
           FROM legal_holds WHERE customer_id = ANY ($1) AND legal_hold_id < $2
           ORDER BY legal_hold_id DESC LIMIT $3"#,
        homes,
        before.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(HoldRow::into_domain).collect())
}

/// One of a person.
pub(crate) async fn get(
    connection: &mut PgConnection,
    homes: &[Uuid],
    id: LegalHoldId,
) -> Result<Option<LegalHold>, StoreError> {
    let row = sqlx::query_as!(
        HoldRow,
        r#"SELECT customer_id, legal_hold_id, reason, created_by, created_at,
                  released_at AS "released_at: _", released_by, release_reason
           FROM legal_holds WHERE customer_id = ANY ($1) AND legal_hold_id = $2"#,
        homes,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(HoldRow::into_domain))
}

/// One that holds, if any does.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    homes: &[Uuid],
) -> Result<Option<LegalHoldId>, StoreError> {
    let id = sqlx::query_scalar!(
        "SELECT legal_hold_id FROM legal_holds
         WHERE customer_id = ANY ($1) AND released_at IS NULL ORDER BY legal_hold_id LIMIT 1",
        homes,
    )
    .fetch_optional(connection)
    .await?;
    Ok(id.map(LegalHoldId))
}

impl HoldRow {
    fn into_domain(self) -> LegalHold {
        let released = self.released_at.map(|at| Released {
            at: at.to_jiff(),
            by: self.released_by.unwrap_or_default(),
            reason: self.release_reason.unwrap_or_default(),
        });
        LegalHold {
            id: LegalHoldId(self.legal_hold_id),
            customer: CustomerId(self.customer_id),
            reason: self.reason,
            created_by: self.created_by,
            created_at: self.created_at.to_jiff(),
            released,
        }
    }
}
