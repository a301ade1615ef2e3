//! Reserved points.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use crate::domain::ledger::{Hold, LotShare, Points, Resolution, WalletId};
use crate::store::StoreError;

/// Bytes of a share of a lot: the lot, and the points with the highest byte first.
const SHARE: usize = 24;

/// A hold with what is known of it besides its points.
#[derive(Clone, Debug)]
pub(crate) struct HoldRow {
    /// Whose points.
    pub(crate) holder_id: Uuid,
    /// The member who placed it: the holder; or, of a pool, one of its household.
    pub(crate) customer_id: Uuid,
    /// Of which wallet.
    pub(crate) wallet_id: WalletId,
    /// What for, in the words of whoever asked.
    pub(crate) reference: String,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// The redemptions that have spent of it.
    pub(crate) redemption_ids: Vec<Uuid>,
    /// Spent by them beyond what was held.
    pub(crate) confirmed_beyond: Points,
    /// The hold.
    pub(crate) hold: Hold,
}

/// A hold as it is stored.
struct Stored {
    holder_id: Uuid,
    customer_id: Uuid,
    hold_id: Uuid,
    wallet_id: String,
    reference: String,
    lots: Vec<u8>,
    expires_at: jiff_sqlx::Timestamp,
    created_at: jiff_sqlx::Timestamp,
    state: i16,
    confirmed: i64,
    confirmed_beyond: i64,
    redemption_ids: Vec<Uuid>,
}

impl TryFrom<Stored> for HoldRow {
    type Error = StoreError;

    fn try_from(row: Stored) -> Result<Self, StoreError> {
        let hold = Hold {
            hold_id: row.hold_id,
            expires_at: row.expires_at.to_jiff(),
            lots: unpack(&row.lots)?,
            confirmed: Points::new(row.confirmed),
            resolution: resolution(row.state)?,
        };
        Ok(Self {
            holder_id: row.holder_id,
            customer_id: row.customer_id,
            wallet_id: WalletId::parse(&row.wallet_id)?,
            reference: row.reference,
            created_at: row.created_at.to_jiff(),
            redemption_ids: row.redemption_ids,
            confirmed_beyond: Points::new(row.confirmed_beyond),
            hold,
        })
    }
}

/// Holds by name.
pub(crate) async fn named(
    db: impl PgExecutor<'_>,
    holds: &[(Uuid, Uuid)],
) -> Result<Vec<HoldRow>, StoreError> {
    let (holders, ids): (Vec<Uuid>, Vec<Uuid>) = holds.iter().copied().unzip();
    let rows = sqlx::query_as!(
        Stored,
        r#"
        SELECT h.holder_id, h.customer_id, h.hold_id, h.wallet_id, h.reference, h.lots, h.expires_at,
            h.created_at, h.state, h.confirmed, h.confirmed_beyond, h.redemption_ids
        FROM unnest($1::uuid[], $2::uuid[]) AS named (holder_id, hold_id)
        JOIN holds h ON h.holder_id = named.holder_id AND h.hold_id = named.hold_id
        "#,
        &holders,
        &ids,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(HoldRow::try_from).collect()
}

/// Holds that a member has placed with these holders, itself and its household's pool; the latest
/// first, from the one after `before`.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
    holder_ids: &[Uuid],
    (before, open_only): (Option<Uuid>, bool),
    limit: i64,
) -> Result<Vec<HoldRow>, StoreError> {
    let rows = sqlx::query_as!(
        Stored,
        r#"
        SELECT holder_id, customer_id, hold_id, wallet_id, reference, lots, expires_at,
            created_at, state, confirmed, confirmed_beyond, redemption_ids
        FROM holds
        WHERE holder_id = ANY ($1) AND hold_id < $2 AND (NOT $3 OR state = 1) AND customer_id = $5
        ORDER BY hold_id DESC
        LIMIT $4
        "#,
        holder_ids,
        before.unwrap_or(Uuid::max()),
        open_only,
        limit,
        customer_id,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(HoldRow::try_from).collect()
}

/// The holds of holders, with the points and the code of the wallet as they are stored.
pub(crate) async fn in_range(
    db: &mut PgConnection,
    after: Uuid,
    last: Uuid,
) -> Result<Vec<(Points, String, HoldRow)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT holder_id, customer_id, hold_id, wallet_id, reference, points, lots, expires_at,
            created_at, state, confirmed, confirmed_beyond, redemption_ids
        FROM holds
        WHERE holder_id > $1 AND holder_id <= $2
        "#,
        after,
        last,
    )
    .fetch_all(db)
    .await?;
    let holds = rows.into_iter().map(|row| {
        let stored = Stored {
            holder_id: row.holder_id,
            customer_id: row.customer_id,
            hold_id: row.hold_id,
            // Any code will do here: the one that is stored stands beside it.
            wallet_id: WalletId::POINTS.to_string(),
            reference: row.reference,
            lots: row.lots,
            expires_at: row.expires_at,
            created_at: row.created_at,
            state: row.state,
            confirmed: row.confirmed,
            confirmed_beyond: row.confirmed_beyond,
            redemption_ids: row.redemption_ids,
        };
        Ok((
            Points::new(row.points),
            row.wallet_id,
            HoldRow::try_from(stored)?,
        ))
    });
    holds.collect()
}

/// Writes new holds.
pub(crate) async fn insert(db: &mut PgConnection, holds: &[&HoldRow]) -> Result<(), StoreError> {
    let mut columns = Columns::default();
    for row in holds {
        columns.add(row)?;
    }
    let customers: Vec<Uuid> = holds.iter().map(|row| row.customer_id).collect();
    let wallets: Vec<&str> = holds.iter().map(|row| row.wallet_id.as_str()).collect();
    let references: Vec<&str> = holds.iter().map(|row| row.reference.as_str()).collect();
    let created_at: Vec<_> = holds.iter().map(|row| row.created_at.to_sqlx()).collect();
    let expires_at: Vec<_> = holds
        .iter()
        .map(|row| row.hold.expires_at.to_sqlx())
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO holds (holder_id, hold_id, wallet_id, reference, points, lots, expires_at,
            created_at, state, confirmed, customer_id, confirmed_beyond, redemption_ids)
        SELECT *, 0, '{}' FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[],
            $6::bytea[], $7::timestamptz[], $8::timestamptz[], $9::smallint[], $10::bigint[],
            $11::uuid[])
        "#,
        &columns.holders,
        &columns.ids,
        &wallets as _,
        &references as _,
        &columns.points,
        &columns.lots as _,
        &expires_at as _,
        &created_at as _,
        &columns.states,
        &columns.confirmed,
        &customers,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what has become of holds. Each stands here once; `redemption_ids` are those of the row.
pub(crate) async fn update(db: &mut PgConnection, holds: &[&HoldRow]) -> Result<(), StoreError> {
    for row in holds {
        let hold = &row.hold;
        let updated = sqlx::query!(
            "UPDATE holds SET state = $3, confirmed = $4, confirmed_beyond = $5, redemption_ids = $6
             WHERE holder_id = $1 AND hold_id = $2",
            row.holder_id,
            hold.hold_id,
            state(hold.resolution),
            hold.confirmed.get(),
            row.confirmed_beyond.get(),
            &row.redemption_ids,
        )
        .execute(&mut *db)
        .await?;
        if updated.rows_affected() != 1 {
            return Err(StoreError::RowsMissing);
        }
    }
    Ok(())
}

/// What is written of both new and changed holds.
#[derive(Default)]
struct Columns {
    holders: Vec<Uuid>,
    ids: Vec<Uuid>,
    points: Vec<i64>,
    lots: Vec<Vec<u8>>,
    states: Vec<i16>,
    confirmed: Vec<i64>,
}

impl Columns {
    fn add(&mut self, row: &HoldRow) -> Result<(), StoreError> {
        let hold = &row.hold;
        self.holders.push(row.holder_id);
        self.ids.push(hold.hold_id);
        self.points.push(hold.points()?.get());
        self.lots.push(pack(&hold.lots));
        self.states.push(state(hold.resolution));
        self.confirmed.push(hold.confirmed.get());
        Ok(())
    }
}

/// 1 open, 2 confirmed, 3 released, 4 timed out: as in the contract.
const fn state(resolution: Option<Resolution>) -> i16 {
    match resolution {
        None => 1,
        Some(Resolution::Confirmed) => 2,
        Some(Resolution::Released) => 3,
        Some(Resolution::TimedOut) => 4,
    }
}

fn resolution(state: i16) -> Result<Option<Resolution>, StoreError> {
    match state {
        1 => Ok(None),
        2 => Ok(Some(Resolution::Confirmed)),
        3 => Ok(Some(Resolution::Released)),
        4 => Ok(Some(Resolution::TimedOut)),
        number => Err(StoreError::Unknown {
            what: "state of a hold",
            number,
        }),
    }
}

fn pack(shares: &[LotShare]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(shares.len() * SHARE);
    for share in shares {
        packed.extend_from_slice(share.lot_id.as_bytes());
        packed.extend_from_slice(&share.points.get().to_be_bytes());
    }
    packed
}

fn unpack(packed: &[u8]) -> Result<Vec<LotShare>, StoreError> {
    let (shares, rest) = packed.as_chunks::<SHARE>();
    if !rest.is_empty() {
        return Err(StoreError::Shares);
    }
    let shares = shares.iter().map(|share| {
        let (lot_id, points) = share.split_first_chunk().ok_or(StoreError::Shares)?;
        let points = points.try_into().map_err(|_| StoreError::Shares)?;
        Ok(LotShare {
            lot_id: Uuid::from_bytes(*lot_id),
            points: Points::new(i64::from_be_bytes(points)),
        })
    });
    shares.collect()
}
