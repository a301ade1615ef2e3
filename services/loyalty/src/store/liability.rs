//! What a liability report reads: holders page by page, their lots, their operations as a stream.

use std::collections::HashMap;

use futures_util::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered as _;
use crate::domain::chain::unpack;
use crate::domain::liability::{EntryFacts, LotFacts};
use crate::domain::{Kind, Points, WalletId};

/// Holders whose ids lie above `after` and up to `last`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) after: Uuid,
    pub(crate) last: Uuid,
}

/// The next holders of a program with a wallet of this currency, by id, and what each owes.
pub(crate) async fn holders(
    db: &mut PgConnection,
    (program_id, wallet_id): (&str, WalletId),
    after: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, Points)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT wallet.holder_id, wallet.debt
        FROM wallets AS wallet
        JOIN holders AS holder ON holder.holder_id = wallet.holder_id
        WHERE wallet.wallet_id = $2 AND holder.program_id = $1 AND wallet.holder_id > $3
        ORDER BY wallet.holder_id
        LIMIT $4
        "#,
        program_id,
        wallet_id.as_str(),
        after,
        limit,
    )
    .fetch_all(db)
    .await?;
    let holders = rows.into_iter();
    Ok(holders
        .map(|row| (row.holder_id, Points::new(row.debt)))
        .collect())
}

/// All lots of the holders of a range, those included that hold nothing any more.
pub(crate) async fn lots(
    db: &mut PgConnection,
    wallet_id: WalletId,
    range: Range,
) -> Result<HashMap<Uuid, Vec<LotFacts>>, StoreError> {
    let mut rows = sqlx::query!(
        r#"
        SELECT holder_id, lot_id, earned_at AS "earned_at: jiff_sqlx::Timestamp", original,
            cost_basis, funding_partner, available + pending + held AS "remaining!"
        FROM lots
        WHERE holder_id > $1 AND holder_id <= $2 AND wallet_id = $3
        "#,
        range.after,
        range.last,
        wallet_id.as_str(),
    )
    .fetch(db);
    let mut lots: HashMap<Uuid, Vec<LotFacts>> = HashMap::new();
    while let Some(row) = rows.try_next().await? {
        lots.entry(row.holder_id).or_default().push(LotFacts {
            lot_id: row.lot_id,
            earned_at: row.earned_at.to_jiff(),
            funding_partner: row.funding_partner,
            original: Points::new(row.original),
            cost_basis: row.cost_basis,
            remaining: Points::new(row.remaining),
        });
    }
    Ok(lots)
}

/// An operation of a holder.
pub(crate) struct Posted {
    pub(crate) holder_id: Uuid,
    pub(crate) kind: Kind,
    pub(crate) recorded_at: Timestamp,
    pub(crate) entries: Vec<EntryFacts>,
}

/// The operations of the holders of a range, holder by holder. Never more of them in memory than the
/// connection buffers.
pub(crate) fn operations(
    db: &mut PgConnection,
    wallet_id: WalletId,
    range: Range,
) -> impl Stream<Item = Result<Posted, StoreError>> {
    let wallet_id = wallet_id.as_str().to_owned();
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, kind, recorded_at AS "recorded_at: jiff_sqlx::Timestamp", entries
        FROM operations
        WHERE holder_id > $1 AND holder_id <= $2 AND wallet_id = $3
        ORDER BY holder_id, operation_id
        "#,
        range.after,
        range.last,
        wallet_id,
    )
    .fetch(db);
    rows.map_err(StoreError::from).and_then(|row| async move {
        let entries = unpack(&row.entries).map(|entry| {
            entry.map(|entry| EntryFacts {
                account: entry.account,
                amount: entry.amount,
                lot_id: entry.lot_id,
            })
        });
        Ok(Posted {
            holder_id: row.holder_id,
            kind: Kind::named(row.kind)?,
            recorded_at: row.recorded_at.to_jiff(),
            entries: entries.collect::<Result<_, _>>()?,
        })
    })
}
