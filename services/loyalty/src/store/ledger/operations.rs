//! Operations, one by one.

use jiff::Timestamp;
use sqlx::PgExecutor;
use uuid::Uuid;

use crate::domain::chain::{Packed, unpack};
use crate::domain::ledger::{Account, Kind, LotShare, Points, WalletId};
use crate::store::StoreError;
use crate::store::numbers::Numbered as _;

/// An operation as it is recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The operation.
    pub(crate) operation_id: Uuid,
    /// The wallet.
    pub(crate) wallet_id: WalletId,
    /// Its kind.
    pub(crate) kind: Kind,
    /// What caused it.
    pub(crate) reference: String,
    /// What it belongs to.
    pub(crate) subject_id: Option<Uuid>,
    /// When that happened.
    pub(crate) effective_at: Timestamp,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// Its entries.
    pub(crate) entries: Vec<Packed>,
    /// What explains it, encoded.
    pub(crate) details: Vec<u8>,
}

/// Points of a lot that repaid debt, or came back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repayment {
    /// The wallet.
    pub(crate) wallet_id: WalletId,
    /// The lot.
    pub(crate) lot_id: Uuid,
    /// Where in it.
    pub(crate) account: Account,
    /// How many; below zero: out of it.
    pub(crate) amount: Points,
}

/// A row of the table, short of what only a verification reads.
pub(super) struct Stored {
    pub(super) operation_id: Uuid,
    pub(super) wallet_id: String,
    pub(super) kind: i16,
    pub(super) reference: String,
    pub(super) subject_id: Option<Uuid>,
    pub(super) effective_at: jiff_sqlx::Timestamp,
    pub(super) recorded_at: jiff_sqlx::Timestamp,
    #[expect(
        dead_code,
        reason = "a column of the row; whoever numbers entries reads the view"
    )]
    pub(super) first_entry: i64,
    pub(super) entries: Vec<u8>,
    pub(super) details: Vec<u8>,
}

impl TryFrom<Stored> for Recorded {
    type Error = StoreError;

    fn try_from(row: Stored) -> Result<Self, StoreError> {
        let entries = unpack(&row.entries).collect::<Result<_, _>>()?;
        Ok(Self {
            operation_id: row.operation_id,
            wallet_id: WalletId::parse(&row.wallet_id)?,
            kind: Kind::named(row.kind)?,
            reference: row.reference,
            subject_id: row.subject_id,
            effective_at: row.effective_at.to_jiff(),
            recorded_at: row.recorded_at.to_jiff(),
            entries,
            details: row.details,
        })
    }
}

impl Recorded {
    /// What it took out of each lot, in the order of consumption.
    pub(crate) fn taken(&self) -> Result<Vec<LotShare>, StoreError> {
        let taken = self
            .entries
            .iter()
            .filter(|entry| entry.amount < Points::ZERO);
        let shares = taken.filter_map(|entry| Some((entry.lot_id?, entry.amount)));
        let share = |(lot_id, amount): (Uuid, Points)| {
            let points = amount.negated()?;
            Ok(LotShare { lot_id, points })
        };
        shares.map(share).collect()
    }

    /// The last balance of an account that its entries tell.
    pub(crate) fn balance_after(&self, account: Account) -> Option<Points> {
        let mut entries = self.entries.iter().rev();
        let last = entries.find(|entry| entry.account == account);
        last.and_then(|entry| entry.balance_after)
    }
}

/// Operations of a holder from this one on, in their order.
pub(crate) async fn from(
    db: impl PgExecutor<'_>,
    holder_id: Uuid,
    operation_id: Uuid,
    limit: i64,
) -> Result<Vec<Recorded>, StoreError> {
    let rows = sqlx::query_as!(
        Stored,
        r#"
        SELECT operation_id, wallet_id, kind, reference, subject_id, effective_at, recorded_at,
            first_entry, entries, details
        FROM operations
        WHERE holder_id = $1 AND operation_id >= $2
        ORDER BY operation_id
        LIMIT $3
        "#,
        holder_id,
        operation_id,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Recorded::try_from).collect()
}

/// Operations of holders, by name.
pub(crate) async fn named(
    db: impl PgExecutor<'_>,
    operations: &[(Uuid, Uuid)],
) -> Result<Vec<(Uuid, Recorded)>, StoreError> {
    let (holders, ids): (Vec<Uuid>, Vec<Uuid>) = operations.iter().copied().unzip();
    let rows = sqlx::query!(
        r#"
        SELECT o.holder_id, o.operation_id, o.wallet_id, o.kind, o.reference, o.subject_id,
            o.effective_at, o.recorded_at, o.first_entry, o.entries, o.details
        FROM unnest($1::uuid[], $2::uuid[]) AS named (holder_id, operation_id)
        JOIN operations o
            ON o.holder_id = named.holder_id AND o.operation_id = named.operation_id
        "#,
        &holders,
        &ids,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let stored = Stored {
            operation_id: row.operation_id,
            wallet_id: row.wallet_id,
            kind: row.kind,
            reference: row.reference,
            subject_id: row.subject_id,
            effective_at: row.effective_at,
            recorded_at: row.recorded_at,
            first_entry: row.first_entry,
            entries: row.entries,
            details: row.details,
        };
        Ok((row.holder_id, Recorded::try_from(stored)?))
    });
    rows.collect()
}

/// The redemptions of a holder that were made for something, in the words of whoever made them; in
/// their order. Reads all operations of the holder: for what happens rarely.
pub(crate) async fn redemptions_for(
    db: impl PgExecutor<'_>,
    holder_id: Uuid,
    reference: &str,
) -> Result<Vec<Uuid>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT operation_id FROM operations
         WHERE holder_id = $1 AND kind = $2 AND reference = $3
         ORDER BY operation_id",
        holder_id,
        Kind::Redeem.number(),
        reference,
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// What a holder's debt was repaid from after an operation, the earliest first. Reads all operations that
/// followed: for what happens rarely.
pub(crate) async fn repayments_after(
    db: impl PgExecutor<'_>,
    holder_id: Uuid,
    operation_id: Uuid,
) -> Result<Vec<Repayment>, StoreError> {
    let rows = sqlx::query!(
        "SELECT wallet_id, entries FROM operations
         WHERE holder_id = $1 AND operation_id > $2 AND kind = $3
         ORDER BY operation_id",
        holder_id,
        operation_id,
        Kind::RepayDebt.number(),
    )
    .fetch_all(db)
    .await?;
    let mut repayments = Vec::new();
    for row in rows {
        let wallet_id = WalletId::parse(&row.wallet_id)?;
        for entry in unpack(&row.entries) {
            let entry = entry?;
            repayments.extend(entry.lot_id.map(|lot_id| Repayment {
                wallet_id,
                lot_id,
                account: entry.account,
                amount: entry.amount,
            }));
        }
    }
    Ok(repayments)
}
