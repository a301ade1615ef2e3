//! Lots, in the order of consumption.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::ledger::{Lot, LotTerms, Parts, Points, WalletId};
use crate::store::StoreError;

/// Lots that are looked at, in the order of consumption, for any spend: most need no more.
const GLANCE: i64 = 4;
/// Lots that are looked at when those were too few, before all are. Few spends need more, and most
/// members have fewer.
const FIRST_LOOK: i64 = 64;

/// A lot as it is stored.
struct LotRow {
    holder_id: Uuid,
    lot_id: Uuid,
    wallet_id: String,
    operation_id: Uuid,
    origin_id: Uuid,
    reference: String,
    priority: i16,
    earned_at: jiff_sqlx::Timestamp,
    active_at: Option<jiff_sqlx::Timestamp>,
    expires_at: Option<jiff_sqlx::Timestamp>,
    original: i64,
    cost_basis: Option<i64>,
    funding_partner: Option<String>,
    contributor: Option<Uuid>,
    available: i64,
    pending: i64,
    held: i64,
    lapsed: i64,
}

/// A lot with where it lies.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    /// Whose it is.
    pub(crate) holder_id: Uuid,
    /// In which wallet.
    pub(crate) wallet_id: WalletId,
    /// The lot.
    pub(crate) lot: Lot,
}

impl TryFrom<LotRow> for Owned {
    type Error = StoreError;

    fn try_from(row: LotRow) -> Result<Self, StoreError> {
        let terms = LotTerms {
            priority: row.priority,
            active_at: row.active_at.map(jiff_sqlx::Timestamp::to_jiff),
            expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            cost_basis: row.cost_basis,
            funding_partner: row.funding_partner,
            contributor: row.contributor,
        };
        let parts = Parts {
            available: Points::new(row.available),
            pending: Points::new(row.pending),
            held: Points::new(row.held),
            lapsed: Points::new(row.lapsed),
        };
        Ok(Self {
            holder_id: row.holder_id,
            wallet_id: WalletId::parse(&row.wallet_id)?,
            lot: Lot {
                lot_id: row.lot_id,
                origin_id: row.origin_id,
                operation_id: row.operation_id,
                reference: row.reference,
                earned_at: row.earned_at.to_jiff(),
                terms,
                original: Points::new(row.original),
                parts,
            },
        })
    }
}

fn owned(rows: Vec<LotRow>) -> Result<Vec<Owned>, StoreError> {
    rows.into_iter().map(Owned::try_from).collect()
}

/// Points that are to be taken out of a wallet, in the order of consumption.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Whose.
    pub(crate) holder_id: Uuid,
    /// From which wallet.
    pub(crate) wallet_id: WalletId,
    /// How many, all together.
    pub(crate) points: Points,
}

/// The first spendable lots of wallets, at least as many as the points need; all when there are too
/// few.
pub(crate) async fn spendable(
    db: &mut PgConnection,
    wanted: &[Wanted],
    now: Timestamp,
) -> Result<Vec<Owned>, StoreError> {
    let mut found = glance(db, wanted, now).await?;
    let mut short = short_of(wanted, &found, GLANCE);
    for look in [FIRST_LOOK, i64::MAX] {
        if short.is_empty() {
            break;
        }
        let is_short = |lot: &Owned| {
            short
                .iter()
                .any(|w| (w.holder_id, w.wallet_id) == (lot.holder_id, lot.wallet_id))
        };
        found.retain(|lot| !is_short(lot));
        let mut further = first(db, &short, now, look).await?;
        short = short_of(&short, &further, look);
        found.append(&mut further);
    }
    Ok(found)
}

/// Those for whom a look at so many lots was too short.
fn short_of(wanted: &[Wanted], found: &[Owned], look: i64) -> Vec<Wanted> {
    let mut sums: HashMap<(Uuid, WalletId), (i64, i128)> = HashMap::new();
    for Owned {
        holder_id,
        wallet_id,
        lot,
    } in found
    {
        let (count, points) = sums.entry((*holder_id, *wallet_id)).or_default();
        *count += 1;
        *points += i128::from(lot.parts.available.get());
    }
    let is_short = |wanted: &&Wanted| {
        let (count, points) = sums
            .get(&(wanted.holder_id, wanted.wallet_id))
            .copied()
            .unwrap_or_default();
        count >= look && points < i128::from(wanted.points.get())
    };
    wanted.iter().filter(is_short).copied().collect()
}

/// The very first lots of wallets. Adding them up in the database, to leave out those that are not
/// needed, would cost more than reading them does.
async fn glance(
    db: &mut PgConnection,
    wanted: &[Wanted],
    now: Timestamp,
) -> Result<Vec<Owned>, StoreError> {
    let holders: Vec<Uuid> = wanted.iter().map(|wanted| wanted.holder_id).collect();
    let wallets: Vec<&str> = wanted
        .iter()
        .map(|wanted| wanted.wallet_id.as_str())
        .collect();
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT lot.holder_id, lot.lot_id, lot.wallet_id, lot.operation_id, lot.origin_id,
            lot.reference, lot.priority, lot.earned_at, lot.active_at, lot.expires_at,
            lot.original, lot.cost_basis, lot.funding_partner, lot.contributor, lot.available,
            lot.pending, lot.held, lot.lapsed
        FROM unnest($1::uuid[], $2::text[]) AS wanted (holder_id, wallet_id)
        CROSS JOIN LATERAL (
            SELECT * FROM lots
            WHERE holder_id = wanted.holder_id AND wallet_id = wanted.wallet_id AND is_live
                AND available > 0 AND (expires_at IS NULL OR expires_at > $3)
            ORDER BY priority, coalesce(expires_at, 'infinity'), earned_at, lot_id
            LIMIT $4
        ) AS lot
        "#,
        &holders,
        &wallets as _,
        now.to_sqlx() as _,
        GLANCE,
    )
    .fetch_all(db)
    .await?;
    owned(rows)
}

/// As many of the first `look` lots of wallets as the points need.
async fn first(
    db: &mut PgConnection,
    wanted: &[Wanted],
    now: Timestamp,
    look: i64,
) -> Result<Vec<Owned>, StoreError> {
    let holders: Vec<Uuid> = wanted.iter().map(|wanted| wanted.holder_id).collect();
    let wallets: Vec<&str> = wanted
        .iter()
        .map(|wanted| wanted.wallet_id.as_str())
        .collect();
    let points: Vec<i64> = wanted.iter().map(|wanted| wanted.points.get()).collect();
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT lot.holder_id, lot.lot_id, lot.wallet_id, lot.operation_id, lot.origin_id,
            lot.reference, lot.priority, lot.earned_at, lot.active_at, lot.expires_at,
            lot.original, lot.cost_basis, lot.funding_partner, lot.contributor, lot.available,
            lot.pending, lot.held, lot.lapsed
        FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS wanted (holder_id, wallet_id, points)
        CROSS JOIN LATERAL (
            SELECT *, sum(available) OVER (
                ORDER BY priority, coalesce(expires_at, 'infinity'), earned_at, lot_id
                ROWS UNBOUNDED PRECEDING
            ) - available AS before
            FROM (
                SELECT * FROM lots
                WHERE holder_id = wanted.holder_id AND wallet_id = wanted.wallet_id AND is_live
                    AND available > 0 AND (expires_at IS NULL OR expires_at > $4)
                ORDER BY priority, coalesce(expires_at, 'infinity'), earned_at, lot_id
                LIMIT $5
            ) AS looked_at
        ) AS lot
        WHERE lot.before < wanted.points
        "#,
        &holders,
        &wallets as _,
        &points,
        now.to_sqlx() as _,
        look,
    )
    .fetch_all(db)
    .await?;
    owned(rows)
}

/// Lots by name.
pub(crate) async fn named(
    db: &mut PgConnection,
    lots: &[(Uuid, Uuid)],
) -> Result<Vec<Owned>, StoreError> {
    let (holders, ids): (Vec<Uuid>, Vec<Uuid>) = lots.iter().copied().unzip();
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT lot.holder_id, lot.lot_id, lot.wallet_id, lot.operation_id, lot.origin_id,
            lot.reference, lot.priority, lot.earned_at, lot.active_at, lot.expires_at,
            lot.original, lot.cost_basis, lot.funding_partner, lot.contributor, lot.available,
            lot.pending, lot.held, lot.lapsed
        FROM unnest($1::uuid[], $2::uuid[]) AS named (holder_id, lot_id)
        JOIN lots AS lot ON lot.holder_id = named.holder_id AND lot.lot_id = named.lot_id
        "#,
        &holders,
        &ids,
    )
    .fetch_all(db)
    .await?;
    owned(rows)
}

/// Lots with points that were earned in these.
pub(crate) async fn from_origins(
    db: &mut PgConnection,
    origins: &[(Uuid, Uuid)],
) -> Result<Vec<Owned>, StoreError> {
    let (holders, ids): (Vec<Uuid>, Vec<Uuid>) = origins.iter().copied().unzip();
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT lot.holder_id, lot.lot_id, lot.wallet_id, lot.operation_id, lot.origin_id,
            lot.reference, lot.priority, lot.earned_at, lot.active_at, lot.expires_at,
            lot.original, lot.cost_basis, lot.funding_partner, lot.contributor, lot.available,
            lot.pending, lot.held, lot.lapsed
        FROM unnest($1::uuid[], $2::uuid[]) AS origin (holder_id, lot_id)
        JOIN lots AS lot ON lot.holder_id = origin.holder_id AND lot.origin_id = origin.lot_id
        "#,
        &holders,
        &ids,
    )
    .fetch_all(db)
    .await?;
    owned(rows)
}

/// All lots of a holder that somebody brought, or that came by a merge.
pub(crate) async fn brought(
    db: &mut PgConnection,
    holder_id: Uuid,
    contributor: Uuid,
) -> Result<Vec<Owned>, StoreError> {
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT holder_id, lot_id, wallet_id, operation_id, origin_id, reference, priority,
            earned_at, active_at, expires_at, original, cost_basis, funding_partner, contributor,
            available, pending, held, lapsed
        FROM lots
        WHERE holder_id = $1 AND contributor = $2
        "#,
        holder_id,
        contributor,
    )
    .fetch_all(db)
    .await?;
    owned(rows)
}

/// All lots of holders that still hold points.
pub(crate) async fn live(
    db: &mut PgConnection,
    holder_ids: &[Uuid],
) -> Result<Vec<Owned>, StoreError> {
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT holder_id, lot_id, wallet_id, operation_id, origin_id, reference, priority,
            earned_at, active_at, expires_at, original, cost_basis, funding_partner, contributor,
            available, pending, held, lapsed
        FROM lots
        WHERE holder_id = ANY ($1) AND is_live
        "#,
        holder_ids,
    )
    .fetch_all(db)
    .await?;
    owned(rows)
}

/// Where a page of lots ends: the place of its last lot in the order of consumption.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct After {
    priority: i16,
    expires_at: Option<Timestamp>,
    earned_at: Timestamp,
    lot_id: Uuid,
}

impl From<&Owned> for After {
    fn from(Owned { lot, .. }: &Owned) -> Self {
        Self {
            priority: lot.terms.priority,
            expires_at: lot.terms.expires_at,
            earned_at: lot.earned_at,
            lot_id: lot.lot_id,
        }
    }
}

/// Lots that still hold points, in the order of consumption.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    holder_ids: &[Uuid],
    after: Option<&After>,
    limit: i64,
) -> Result<Vec<Owned>, StoreError> {
    let rows = sqlx::query_as!(
        LotRow,
        r#"
        SELECT holder_id, lot_id, wallet_id, operation_id, origin_id, reference, priority,
            earned_at, active_at, expires_at, original, cost_basis, funding_partner, contributor,
            available, pending, held, lapsed
        FROM lots
        WHERE holder_id = ANY ($1) AND is_live
            AND ($2::smallint IS NULL
                OR (priority, coalesce(expires_at, 'infinity'), earned_at, lot_id)
                    > ($2, coalesce($3::timestamptz, 'infinity'), $4::timestamptz, $5::uuid))
        ORDER BY priority, coalesce(expires_at, 'infinity'), earned_at, lot_id
        LIMIT $6
        "#,
        holder_ids,
        after.map(|after| after.priority),
        after
            .and_then(|after| after.expires_at)
            .map(ToSqlx::to_sqlx) as _,
        after.map(|after| after.earned_at.to_sqlx()) as _,
        after.map(|after| after.lot_id),
        limit,
    )
    .fetch_all(db)
    .await?;
    owned(rows)
}
