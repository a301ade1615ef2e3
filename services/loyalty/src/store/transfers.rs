//! Points that members sent each other.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::StoreError;
use crate::domain::ledger::{Points, WalletId};

/// Points that one member has sent to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Who sent.
    pub(crate) customer_id: Uuid,
    /// The transfer.
    pub(crate) transfer_id: Uuid,
    /// Who received.
    pub(crate) recipient_id: Uuid,
    /// The point currency.
    pub(crate) wallet_id: WalletId,
    /// How many.
    pub(crate) points: Points,
    /// What for.
    pub(crate) reference: String,
    /// The month that it counts in.
    pub(crate) month: String,
    /// Who asked for it.
    pub(crate) created_by: String,
    /// When.
    pub(crate) created_at: Timestamp,
}

struct Row {
    customer_id: Uuid,
    transfer_id: Uuid,
    recipient_customer_id: Uuid,
    wallet_id: String,
    points: i64,
    reference: String,
    month: String,
    created_by: String,
    created_at: jiff_sqlx::Timestamp,
}

impl TryFrom<Row> for Sent {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            customer_id: row.customer_id,
            transfer_id: row.transfer_id,
            recipient_id: row.recipient_customer_id,
            wallet_id: WalletId::parse(&row.wallet_id)?,
            points: Points::new(row.points),
            reference: row.reference,
            month: row.month,
            created_by: row.created_by,
            created_at: row.created_at.to_jiff(),
        })
    }
}

/// Writes a transfer.
pub(crate) async fn insert(db: &mut PgConnection, sent: &Sent) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        INSERT INTO transfers (customer_id, transfer_id, recipient_customer_id, wallet_id, points,
            reference, month, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        "#,
        sent.customer_id,
        sent.transfer_id,
        sent.recipient_id,
        sent.wallet_id.as_str(),
        sent.points.get(),
        sent.reference,
        sent.month,
        sent.created_by,
        sent.created_at.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What a member, who is locked by this transaction, has sent in a month.
pub(crate) async fn sent_in(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    wallet_id: WalletId,
    month: &str,
) -> Result<Points, StoreError> {
    let sum = sqlx::query_scalar!(
        r#"
        SELECT coalesce(sum(points), 0)::bigint AS "sum!" FROM transfers
        WHERE customer_id = $1 AND wallet_id = $2 AND month = $3
        "#,
        customer_id,
        wallet_id.as_str(),
        month,
    )
    .fetch_one(db)
    .await?;
    Ok(Points::new(sum))
}

/// One transfer.
pub(crate) async fn find(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    transfer_id: Uuid,
) -> Result<Option<Sent>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT * FROM transfers WHERE customer_id = $1 AND transfer_id = $2",
        customer_id,
        transfer_id,
    )
    .fetch_optional(db)
    .await?;
    row.map(Sent::try_from).transpose()
}

/// What a member has sent and received, the latest first, before one of them.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Sent>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT customer_id AS "customer_id!", transfer_id AS "transfer_id!",
            recipient_customer_id AS "recipient_customer_id!", wallet_id AS "wallet_id!",
            points AS "points!", reference AS "reference!", month AS "month!",
            created_by AS "created_by!", created_at AS "created_at!"
        FROM (
            (SELECT * FROM transfers WHERE customer_id = $1 AND transfer_id < $2
             ORDER BY transfer_id DESC LIMIT $3)
            UNION ALL
            (SELECT * FROM transfers WHERE recipient_customer_id = $1 AND transfer_id < $2
             ORDER BY transfer_id DESC LIMIT $3)
        ) AS theirs
        ORDER BY transfer_id DESC
        LIMIT $3
        "#,
        customer_id,
        before.unwrap_or(Uuid::max()),
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Sent::try_from).collect()
}
