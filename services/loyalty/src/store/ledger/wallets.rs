//! Wallets: the figures that every operation moves.

use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::ledger::{Balances, Figures, Points, WalletId};
use crate::store::StoreError;

/// A wallet as it is stored.
#[derive(Debug)]
pub(crate) struct WalletRow {
    /// Whose it is.
    pub(crate) holder_id: Uuid,
    /// Which.
    pub(crate) wallet_id: WalletId,
    /// Its figures.
    pub(crate) figures: Figures,
    /// The operation that was the last to move them.
    pub(crate) last_operation_id: Uuid,
}

/// All wallets of these holders, by holder and code.
pub(crate) async fn of_holders(
    db: impl PgExecutor<'_>,
    holder_ids: &[Uuid],
) -> Result<Vec<WalletRow>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, wallet_id, available, pending, held, debt, lifetime_earned, entry_count,
            last_operation_id
        FROM wallets
        WHERE holder_id = ANY ($1)
        ORDER BY holder_id, wallet_id
        "#,
        holder_ids,
    )
    .fetch_all(db)
    .await?;
    let wallets = rows.into_iter().map(|row| {
        Ok(WalletRow {
            holder_id: row.holder_id,
            wallet_id: WalletId::parse(&row.wallet_id)?,
            figures: Figures {
                balances: Balances {
                    available: Points::new(row.available),
                    pending: Points::new(row.pending),
                    held: Points::new(row.held),
                    debt: Points::new(row.debt),
                },
                lifetime_earned: Points::new(row.lifetime_earned),
                entry_count: row.entry_count,
            },
            last_operation_id: row.last_operation_id,
        })
    });
    wallets.collect()
}

/// Makes wallets that are not there yet. Their holders must be locked by this transaction.
pub(crate) async fn create(
    db: &mut PgConnection,
    wallets: &[(Uuid, WalletId)],
) -> Result<(), StoreError> {
    let holders: Vec<Uuid> = wallets.iter().map(|(holder_id, _)| *holder_id).collect();
    let codes: Vec<&str> = wallets.iter().map(|(_, code)| code.as_str()).collect();
    sqlx::query!(
        "INSERT INTO wallets (holder_id, wallet_id) SELECT * FROM unnest($1::uuid[], $2::text[])",
        &holders,
        &codes as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
