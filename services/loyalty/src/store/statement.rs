//! The entries of a member's accounts, latest first.

use jiff::Timestamp;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered as _;
use crate::domain::{Account, Entry, Kind, Points};

/// A line of a statement: an entry, and of its operation what a reader wants to know.
#[derive(Debug)]
pub(crate) struct Line {
    /// The entry.
    pub(crate) entry: Entry,
    /// The operation.
    pub(crate) operation_id: Uuid,
    /// Its kind.
    pub(crate) kind: Kind,
    /// What caused it.
    pub(crate) reference: String,
    /// When that happened.
    pub(crate) effective_at: Timestamp,
    /// When it was written.
    pub(crate) recorded_at: Timestamp,
}

/// The lines before the entry of number `before`, or the last ones.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT e.entry_number, e.entry_id, e.account, e.amount, e.balance_after, e.lot_id,
            o.operation_id, o.kind, o.reference, o.effective_at, o.recorded_at
        FROM entries e
        JOIN operations o ON o.customer_id = e.customer_id AND o.operation_id = e.operation_id
        WHERE e.customer_id = $1 AND e.account <= 4 AND e.entry_number < $2
        ORDER BY e.entry_number DESC
        LIMIT $3
        "#,
        customer_id,
        before.unwrap_or(i64::MAX),
        limit,
    )
    .fetch_all(db)
    .await?;
    let lines = rows.into_iter().map(|row| {
        let entry = Entry {
            entry_id: row.entry_id,
            entry_number: row.entry_number,
            account: Account::named(row.account)?,
            amount: Points::new(row.amount),
            balance_after: row.balance_after.map(Points::new),
            lot_id: row.lot_id,
        };
        Ok(Line {
            entry,
            operation_id: row.operation_id,
            kind: Kind::named(row.kind)?,
            reference: row.reference,
            effective_at: row.effective_at.to_jiff(),
            recorded_at: row.recorded_at.to_jiff(),
        })
    });
    lines.collect()
}
