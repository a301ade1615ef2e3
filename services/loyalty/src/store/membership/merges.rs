use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::ledger::{Points, State, WalletId};
use crate::store::StoreError;
use crate::store::numbers::Numbered as _;

/// A membership that went into another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    /// The membership that goes on.
    pub(crate) customer_id: Uuid,
    /// The merge.
    pub(crate) merge_id: Uuid,
    /// The membership that went in.
    pub(crate) merged_customer_id: Uuid,
    /// Its state before.
    pub(crate) merged_state: State,
    /// Why.
    pub(crate) reason: String,
    /// By whom.
    pub(crate) merged_by: String,
    /// When.
    pub(crate) merged_at: Timestamp,
    /// When it was undone.
    pub(crate) undone_at: Option<Timestamp>,
    /// What came over.
    pub(crate) wallets: Vec<MergedWallet>,
}

/// What came over in one point currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MergedWallet {
    /// The currency.
    pub(crate) wallet_id: WalletId,
    /// Points.
    pub(crate) points: Points,
    /// Debt.
    pub(crate) debt: Points,
}

/// Writes a merge.
pub(crate) async fn insert(db: &mut PgConnection, merge: &Merge) -> Result<(), StoreError> {
    let wallets = merge.wallets.iter();
    let codes: Vec<&str> = wallets.clone().map(|one| one.wallet_id.as_str()).collect();
    let points: Vec<i64> = wallets.clone().map(|one| one.points.get()).collect();
    let debts: Vec<i64> = wallets.map(|one| one.debt.get()).collect();
    sqlx::query!(
        r#"
        WITH wallets AS (
            INSERT INTO merged_wallets (customer_id, merge_id, wallet_id, points, debt)
            SELECT $1, $2, * FROM unnest($8::text[], $9::bigint[], $10::bigint[])
        )
        INSERT INTO merges (customer_id, merge_id, merged_customer_id, merged_state, reason,
            merged_by, merged_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        "#,
        merge.customer_id,
        merge.merge_id,
        merge.merged_customer_id,
        merge.merged_state.number(),
        merge.reason,
        merge.merged_by,
        merge.merged_at.to_sqlx() as _,
        &codes as _,
        &points,
        &debts,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that a merge was undone.
pub(crate) async fn undo(
    db: &mut PgConnection,
    merge: &Merge,
    (undone_by, reason): (&str, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO merge_undoings (customer_id, merge_id, reason, undone_by, undone_at)
         VALUES ($1, $2, $3, $4, $5)",
        merge.customer_id,
        merge.merge_id,
        reason,
        undone_by,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// One merge.
pub(crate) async fn find(
    db: &mut PgConnection,
    customer_id: Uuid,
    merge_id: Uuid,
) -> Result<Option<Merge>, StoreError> {
    let found = select(db, customer_id, (Some(merge_id), Uuid::max()), 1).await?;
    Ok(found.into_iter().next())
}

/// What has come in one point currency for a membership that was merged, or gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gain {
    /// The membership that it was merged into.
    pub(crate) customer_id: Uuid,
    /// By which merge.
    pub(crate) merge_id: Uuid,
    /// The currency.
    pub(crate) wallet_id: WalletId,
    /// How many points more; below zero: less.
    pub(crate) points: Points,
}

/// Adds to what has come since merges. The memberships are locked by this transaction.
pub(crate) async fn add_gains(db: &mut PgConnection, gains: &[Gain]) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = gains.iter().map(|gain| gain.customer_id).collect();
    let merges: Vec<Uuid> = gains.iter().map(|gain| gain.merge_id).collect();
    let wallets: Vec<&str> = gains.iter().map(|gain| gain.wallet_id.as_str()).collect();
    let points: Vec<i64> = gains.iter().map(|gain| gain.points.get()).collect();
    sqlx::query!(
        "INSERT INTO merge_gains AS known (customer_id, merge_id, wallet_id, points)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])
         ON CONFLICT (customer_id, merge_id, wallet_id) DO UPDATE
         SET points = known.points + excluded.points",
        &customers,
        &merges,
        &wallets as _,
        &points,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What has come since a merge, by currency.
pub(crate) async fn gains(
    db: &mut PgConnection,
    customer_id: Uuid,
    merge_id: Uuid,
) -> Result<Vec<(WalletId, Points)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT wallet_id, points FROM merge_gains
         WHERE customer_id = $1 AND merge_id = $2 ORDER BY wallet_id",
        customer_id,
        merge_id,
    )
    .fetch_all(db)
    .await?;
    let gains = rows.into_iter().map(|row| {
        let wallet_id = WalletId::parse(&row.wallet_id)?;
        Ok((wallet_id, Points::new(row.points)))
    });
    gains.collect()
}

/// What was merged into a membership, the latest first, before one of them.
pub(crate) async fn page(
    db: &mut PgConnection,
    customer_id: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Merge>, StoreError> {
    select(
        db,
        customer_id,
        (None, before.unwrap_or(Uuid::max())),
        limit,
    )
    .await
}

/// Merges that stand, into a membership and into those that it has taken in. They are few, and come to
/// an end: a membership goes into one other at a time, and never into what it has taken in.
pub(crate) async fn into_any(
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<Vec<Uuid>, StoreError> {
    let mut found = Vec::new();
    let mut looked_into = vec![customer_id];
    while let Some(into) = looked_into.pop() {
        let merges = select(db, into, (None, Uuid::max()), i64::MAX).await?;
        for merge in merges.iter().filter(|merge| merge.undone_at.is_none()) {
            found.push(merge.merge_id);
            looked_into.push(merge.merged_customer_id);
        }
    }
    Ok(found)
}

async fn select(
    db: &mut PgConnection,
    customer_id: Uuid,
    (one, before): (Option<Uuid>, Uuid),
    limit: i64,
) -> Result<Vec<Merge>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT m.merge_id, m.merged_customer_id, m.merged_state, m.reason, m.merged_by,
            m.merged_at, u.undone_at AS "undone_at?"
        FROM merges m
        LEFT JOIN merge_undoings u ON u.customer_id = m.customer_id AND u.merge_id = m.merge_id
        WHERE m.customer_id = $1 AND ($2::uuid IS NULL OR m.merge_id = $2) AND m.merge_id < $3
        ORDER BY m.merge_id DESC
        LIMIT $4
        "#,
        customer_id,
        one,
        before,
        limit,
    )
    .fetch_all(&mut *db)
    .await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.merge_id).collect();
    let wallets = wallets(db, customer_id, &ids).await?;
    let merges = rows.into_iter().map(|row| {
        let own = wallets.iter().filter(|(of, _)| *of == row.merge_id);
        Ok(Merge {
            customer_id,
            merge_id: row.merge_id,
            merged_customer_id: row.merged_customer_id,
            merged_state: State::named(row.merged_state)?,
            reason: row.reason,
            merged_by: row.merged_by,
            merged_at: row.merged_at.to_jiff(),
            undone_at: row.undone_at.map(jiff_sqlx::Timestamp::to_jiff),
            wallets: own.map(|(_, wallet)| *wallet).collect(),
        })
    });
    merges.collect()
}

async fn wallets(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    merge_ids: &[Uuid],
) -> Result<Vec<(Uuid, MergedWallet)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT merge_id, wallet_id, points, debt FROM merged_wallets
         WHERE customer_id = $1 AND merge_id = ANY ($2) ORDER BY wallet_id",
        customer_id,
        merge_ids,
    )
    .fetch_all(db)
    .await?;
    let wallets = rows.into_iter().map(|row| {
        let wallet = MergedWallet {
            wallet_id: WalletId::parse(&row.wallet_id)?,
            points: Points::new(row.points),
            debt: Points::new(row.debt),
        };
        Ok((row.merge_id, wallet))
    });
    wallets.collect()
}
