use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::ledger::State;
use crate::domain::membership::ChangeKind;
use crate::store::StoreError;
use crate::store::numbers::Numbered as _;

/// Something that happened to a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Whose.
    pub(crate) customer_id: Uuid,
    /// 1, 2, 3 …; 0 until it is written.
    pub(crate) number: i64,
    /// What.
    pub(crate) kind: ChangeKind,
    /// The state since.
    pub(crate) state: State,
    /// Why.
    pub(crate) reason: String,
    /// Who did it.
    pub(crate) changed_by: String,
    /// When.
    pub(crate) changed_at: Timestamp,
    /// Of a merge: the other membership.
    pub(crate) other_customer_id: Option<Uuid>,
}

/// Writes a change of a membership that is locked by this transaction.
pub(crate) async fn insert(db: &mut PgConnection, change: &Change) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO membership_changes (customer_id, change_number, kind, state, reason,
            changed_by, changed_at, other_customer_id)
        SELECT $1, coalesce(max(change_number), 0) + 1, $2, $3, $4, $5, $6, $7
        FROM membership_changes WHERE customer_id = $1
        "#,
        change.customer_id,
        change.kind.number(),
        change.state.number(),
        change.reason,
        change.changed_by,
        change.changed_at.to_sqlx() as _,
        change.other_customer_id,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What happened to a membership, the latest first, before a number.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Change>, StoreError> {
    let rows = sqlx::query!(
        "SELECT * FROM membership_changes WHERE customer_id = $1 AND change_number < $2
         ORDER BY change_number DESC LIMIT $3",
        customer_id,
        before.unwrap_or(i64::MAX),
        limit,
    )
    .fetch_all(db)
    .await?;
    let changes = rows.into_iter().map(|row| {
        Ok(Change {
            customer_id: row.customer_id,
            number: row.change_number,
            kind: ChangeKind::named(row.kind)?,
            state: State::named(row.state)?,
            reason: row.reason,
            changed_by: row.changed_by,
            changed_at: row.changed_at.to_jiff(),
            other_customer_id: row.other_customer_id,
        })
    });
    changes.collect()
}
