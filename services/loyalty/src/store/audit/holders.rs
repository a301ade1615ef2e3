use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::audit::{HoldRecord, LotRecord, Share, WalletRecord};
use crate::domain::ledger::{Balances, Figures, Lot, LotTerms, Parts, Points};
use crate::store::StoreError;
use crate::store::ledger::holds;

/// Holders by id: after the first, up to and including the last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    /// The id before the first.
    pub(crate) after: Uuid,
    /// The last.
    pub(crate) last: Uuid,
}

/// The next holders by id, with how many lots each has.
pub(crate) async fn page(
    db: &mut PgConnection,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id,
            (SELECT count(*) FROM lots WHERE lots.holder_id = holders.holder_id) AS "lots!"
        FROM holders
        WHERE holder_id > $1
        ORDER BY holder_id
        LIMIT $2
        "#,
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.holder_id, row.lots))
        .collect())
}

/// Whoever has rows and is no holder: the table, and the id.
pub(crate) async fn orphans(db: &mut PgConnection) -> Result<Vec<(String, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT rows.name AS "name!", rows.holder_id AS "holder_id!"
        FROM (
            SELECT 'wallets' AS name, holder_id FROM wallets
            UNION SELECT 'operations', holder_id FROM operations
            UNION SELECT 'lots', holder_id FROM lots
            UNION SELECT 'holds', holder_id FROM holds
            UNION SELECT 'restorations', holder_id FROM restorations
        ) AS rows
        WHERE NOT EXISTS (SELECT FROM holders WHERE holders.holder_id = rows.holder_id)
        ORDER BY rows.name, rows.holder_id
        LIMIT 100
        "#,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.name, row.holder_id))
        .collect())
}

/// The wallets of holders.
pub(crate) async fn wallets(
    db: &mut PgConnection,
    range: Range,
) -> Result<BTreeMap<Uuid, Vec<WalletRecord>>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, wallet_id, available, pending, held, debt, lifetime_earned, entry_count,
            last_operation_id
        FROM wallets
        WHERE holder_id > $1 AND holder_id <= $2
        "#,
        range.after,
        range.last,
    )
    .fetch_all(db)
    .await?;
    let mut wallets: BTreeMap<Uuid, Vec<WalletRecord>> = BTreeMap::new();
    for row in rows {
        let balances = Balances {
            available: Points::new(row.available),
            pending: Points::new(row.pending),
            held: Points::new(row.held),
            debt: Points::new(row.debt),
        };
        wallets
            .entry(row.holder_id)
            .or_default()
            .push(WalletRecord {
                wallet_id: row.wallet_id,
                figures: Figures {
                    balances,
                    lifetime_earned: Points::new(row.lifetime_earned),
                    entry_count: row.entry_count,
                },
                last_operation_id: row.last_operation_id,
            });
    }
    Ok(wallets)
}

/// A share of the lots of holders, in the order of their ids.
pub(crate) async fn lots(
    db: &mut PgConnection,
    range: Range,
    share: Share,
) -> Result<Vec<(Uuid, LotRecord)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, lot_id, wallet_id, operation_id, origin_id, reference, priority,
            earned_at, active_at, expires_at, original, cost_basis, funding_partner, contributor,
            available, pending, held, lapsed, reference_hash
        FROM lots
        WHERE holder_id > $1 AND holder_id <= $2
            AND ($4 = 1 OR get_byte(uuid_send(operation_id), 15) % $4 = $3)
        ORDER BY holder_id, lot_id
        "#,
        range.after,
        range.last,
        i32::from(share.number),
        i32::from(share.of),
    )
    .fetch_all(db)
    .await?;
    let lots = rows.into_iter().map(|row| {
        let terms = LotTerms {
            priority: row.priority,
            active_at: row.active_at.map(jiff_sqlx::Timestamp::to_jiff),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            cost_basis: row.cost_basis,
            funding_partner: row.funding_partner,
            contributor: row.contributor,
        };
        let lot = Lot {
            lot_id: row.lot_id,
            origin_id: row.origin_id,
            operation_id: row.operation_id,
            reference: row.reference,
            earned_at: row.earned_at.to_jiff(),
            terms,
            original: Points::new(row.original),
            parts: Parts {
                available: Points::new(row.available),
                pending: Points::new(row.pending),
                held: Points::new(row.held),
                lapsed: Points::new(row.lapsed),
            },
        };
        let record = LotRecord {
            wallet_id: row.wallet_id,
            lot,
            erased_reference: row.reference_hash,
        };
        (row.holder_id, record)
    });
    Ok(lots.collect())
}

/// The holds of holders.
pub(crate) async fn holds(
    db: &mut PgConnection,
    range: Range,
) -> Result<BTreeMap<Uuid, Vec<HoldRecord>>, StoreError> {
    let mut records: BTreeMap<Uuid, Vec<HoldRecord>> = BTreeMap::new();
    for (points, wallet_id, row) in holds::in_range(db, range.after, range.last).await? {
        records.entry(row.holder_id).or_default().push(HoldRecord {
            wallet_id,
            reference: row.reference,
            customer_id: row.customer_id,
            points,
            created_at: row.created_at,
            confirmed_beyond: row.confirmed_beyond,
            redemption_ids: row.redemption_ids,
            hold: row.hold,
        });
    }
    Ok(records)
}
