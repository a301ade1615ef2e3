//! Writing what a transaction has posted: one statement, whatever it is and of however many.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::chain::Hash;
use crate::domain::ledger::{Figures, Lot, Parts, WalletId};
use crate::store::StoreError;

/// An operation as it is to be recorded.
#[derive(Debug)]
pub(crate) struct NewOperation {
    /// Whose wallet.
    pub(crate) holder_id: Uuid,
    /// The wallet.
    pub(crate) wallet_id: WalletId,
    /// The operation.
    pub(crate) operation_id: Uuid,
    /// Number of its kind.
    pub(crate) kind: i16,
    /// What caused it.
    pub(crate) reference: String,
    /// What it belongs to.
    pub(crate) subject_id: Option<Uuid>,
    /// When what caused it happened.
    pub(crate) effective_at: Timestamp,
    /// Number of its first entry.
    pub(crate) first_entry: i64,
    /// Its entries, packed.
    pub(crate) entries: Vec<u8>,
    /// What explains it.
    pub(crate) details: Vec<u8>,
    /// Its hash.
    pub(crate) hash: Hash,
}

/// All that a transaction writes to the ledger.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    /// The chain that gets the link.
    pub(crate) chain: i16,
    /// The instant of recording.
    pub(crate) now: Timestamp,
    operations: Operations<'a>,
    opened: Opened<'a>,
    moved: Moved,
    wallets: Wallets<'a>,
}

/// Columns of operations.
#[derive(Debug, Default)]
struct Operations<'a> {
    holders: Vec<Uuid>,
    ids: Vec<Uuid>,
    wallets: Vec<&'a str>,
    kinds: Vec<i16>,
    references: Vec<&'a str>,
    subjects: Vec<Option<Uuid>>,
    effective_at: Vec<jiff_sqlx::Timestamp>,
    first_entries: Vec<i64>,
    entries: Vec<&'a [u8]>,
    details: Vec<&'a [u8]>,
    hashes: Vec<&'a [u8]>,
}

/// Columns of lots that are new.
#[derive(Debug, Default)]
struct Opened<'a> {
    holders: Vec<Uuid>,
    ids: Vec<Uuid>,
    wallets: Vec<&'a str>,
    operations: Vec<Uuid>,
    origins: Vec<Uuid>,
    references: Vec<&'a str>,
    priorities: Vec<i16>,
    earned_at: Vec<jiff_sqlx::Timestamp>,
    active_at: Vec<Option<jiff_sqlx::Timestamp>>,
    expires_at: Vec<Option<jiff_sqlx::Timestamp>>,
    originals: Vec<i64>,
    cost_bases: Vec<Option<i64>>,
    funding_partners: Vec<Option<&'a str>>,
    contributors: Vec<Option<Uuid>>,
    parts: PartsColumns,
}

/// Columns of lots whose points have moved.
#[derive(Debug, Default)]
struct Moved {
    holders: Vec<Uuid>,
    ids: Vec<Uuid>,
    parts: PartsColumns,
}

/// Where points of lots stand afterwards.
#[derive(Debug, Default)]
struct PartsColumns {
    available: Vec<i64>,
    pending: Vec<i64>,
    held: Vec<i64>,
    lapsed: Vec<i64>,
}

/// Columns of wallets, with their figures afterwards.
#[derive(Debug, Default)]
struct Wallets<'a> {
    holders: Vec<Uuid>,
    ids: Vec<&'a str>,
    available: Vec<i64>,
    pending: Vec<i64>,
    held: Vec<i64>,
    debt: Vec<i64>,
    lifetime_earned: Vec<i64>,
    entry_counts: Vec<i64>,
    last_operations: Vec<Uuid>,
}

impl<'a> Writing<'a> {
    /// Nothing yet.
    pub(crate) fn new(chain: i16, now: Timestamp) -> Self {
        Self {
            chain,
            now,
            operations: Operations::default(),
            opened: Opened::default(),
            moved: Moved::default(),
            wallets: Wallets::default(),
        }
    }

    /// An operation, after those that are here already.
    pub(crate) fn operation(&mut self, operation: &'a NewOperation) {
        let columns = &mut self.operations;
        columns.holders.push(operation.holder_id);
        columns.ids.push(operation.operation_id);
        columns.wallets.push(operation.wallet_id.as_str());
        columns.kinds.push(operation.kind);
        columns.references.push(&operation.reference);
        columns.subjects.push(operation.subject_id);
        columns.effective_at.push(operation.effective_at.to_sqlx());
        columns.first_entries.push(operation.first_entry);
        columns.entries.push(&operation.entries);
        columns.details.push(&operation.details);
        columns.hashes.push(&operation.hash);
    }

    /// A new lot, as it is after the last operation.
    pub(crate) fn opened(&mut self, holder_id: Uuid, wallet_id: &'a WalletId, lot: &'a Lot) {
        let (columns, terms) = (&mut self.opened, &lot.terms);
        columns.holders.push(holder_id);
        columns.ids.push(lot.lot_id);
        columns.wallets.push(wallet_id.as_str());
        columns.operations.push(lot.operation_id);
        columns.origins.push(lot.origin_id);
        columns.references.push(&lot.reference);
        columns.priorities.push(terms.priority);
        columns.earned_at.push(lot.earned_at.to_sqlx());
        columns
            .active_at
            .push(terms.active_at.map(jiff_sqlx::ToSqlx::to_sqlx));
        columns
            .expires_at
            .push(terms.expires_at.map(jiff_sqlx::ToSqlx::to_sqlx));
        columns.originals.push(lot.original.get());
        columns.cost_bases.push(terms.cost_basis);
        columns
            .funding_partners
            .push(terms.funding_partner.as_deref());
        columns.contributors.push(terms.contributor);
        columns.parts.push(lot.parts);
    }

    /// An older lot whose points have moved.
    pub(crate) fn moved(&mut self, holder_id: Uuid, lot_id: Uuid, parts: Parts) {
        self.moved.holders.push(holder_id);
        self.moved.ids.push(lot_id);
        self.moved.parts.push(parts);
    }

    /// A wallet's figures after the last operation.
    pub(crate) fn settled(
        &mut self,
        holder_id: Uuid,
        wallet_id: &'a WalletId,
        figures: &Figures,
        last_operation_id: Uuid,
    ) {
        let (columns, balances) = (&mut self.wallets, &figures.balances);
        columns.holders.push(holder_id);
        columns.ids.push(wallet_id.as_str());
        columns.available.push(balances.available.get());
        columns.pending.push(balances.pending.get());
        columns.held.push(balances.held.get());
        columns.debt.push(balances.debt.get());
        columns.lifetime_earned.push(figures.lifetime_earned.get());
        columns.entry_counts.push(figures.entry_count);
        columns.last_operations.push(last_operation_id);
    }
}

impl PartsColumns {
    fn push(&mut self, parts: Parts) {
        self.available.push(parts.available.get());
        self.pending.push(parts.pending.get());
        self.held.push(parts.held.get());
        self.lapsed.push(parts.lapsed.get());
    }
}

/// Writes it all, and adds the link.
pub(crate) async fn write(db: &mut PgConnection, writing: &Writing<'_>) -> Result<(), StoreError> {
    let Writing {
        operations,
        opened,
        moved,
        wallets,
        ..
    } = writing;
    let written = sqlx::query_file!(
        "src/store/ledger/write.sql",
        writing.chain,
        &operations.hashes.concat(),
        writing.now.to_sqlx() as _,
        &operations.holders,
        &operations.ids,
        &operations.wallets as _,
        &operations.kinds,
        &operations.references as _,
        &operations.subjects as _,
        &operations.effective_at as _,
        &operations.first_entries,
        &operations.entries as _,
        &operations.details as _,
        &operations.hashes as _,
        &opened.holders,
        &opened.ids,
        &opened.wallets as _,
        &opened.operations,
        &opened.origins,
        &opened.references as _,
        &opened.priorities,
        &opened.earned_at as _,
        &opened.active_at as _,
        &opened.expires_at as _,
        &opened.originals,
        &opened.cost_bases as _,
        &opened.funding_partners as _,
        &opened.contributors as _,
        &opened.parts.available,
        &opened.parts.pending,
        &opened.parts.held,
        &opened.parts.lapsed,
        &moved.holders,
        &moved.ids,
        &moved.parts.available,
        &moved.parts.pending,
        &moved.parts.held,
        &moved.parts.lapsed,
        &wallets.holders,
        &wallets.ids as _,
        &wallets.available,
        &wallets.pending,
        &wallets.held,
        &wallets.debt,
        &wallets.lifetime_earned,
        &wallets.entry_counts,
        &wallets.last_operations,
    )
    .fetch_one(db)
    .await?;
    let expected = (moved.ids.len(), wallets.ids.len());
    let found = (written.lots, written.wallets);
    if found == (count(expected.0), count(expected.1)) {
        Ok(())
    } else {
        Err(StoreError::RowsMissing)
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
