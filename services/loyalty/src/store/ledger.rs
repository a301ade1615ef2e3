//! Writing postings: all of them in one statement.

use std::slice;

use jiff_sqlx::{Timestamp, ToSqlx};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered as _;
use crate::domain::{Lot, Operation, Points, Posting, Wallet};

/// Columns of the new operations.
#[derive(Default)]
struct Operations<'a> {
    customers: Vec<Uuid>,
    ids: Vec<Uuid>,
    kinds: Vec<i16>,
    references: Vec<&'a str>,
    effective_at: Vec<Timestamp>,
    recorded_at: Vec<Timestamp>,
}

/// Columns of the new entries.
#[derive(Default)]
struct Entries {
    customers: Vec<Uuid>,
    numbers: Vec<i64>,
    ids: Vec<Uuid>,
    operations: Vec<Uuid>,
    accounts: Vec<i16>,
    amounts: Vec<i64>,
    balances: Vec<Option<i64>>,
    lots: Vec<Option<Uuid>>,
}

/// Columns of the new lots.
#[derive(Default)]
struct Lots<'a> {
    customers: Vec<Uuid>,
    ids: Vec<Uuid>,
    operations: Vec<Uuid>,
    references: Vec<&'a str>,
    priorities: Vec<i16>,
    earned_at: Vec<Timestamp>,
    active_at: Vec<Timestamp>,
    expires_at: Vec<Option<Timestamp>>,
    originals: Vec<i64>,
    available: Vec<i64>,
    pending: Vec<i64>,
    held: Vec<i64>,
}

/// The members' figures after the postings.
#[derive(Default)]
struct Figures {
    customers: Vec<Uuid>,
    available: Vec<i64>,
    pending: Vec<i64>,
    held: Vec<i64>,
    debt: Vec<i64>,
    lifetime_earned: Vec<i64>,
    entry_counts: Vec<i64>,
}

/// What is written of one member: postings, each on the wallet that the one before it left.
pub(crate) type Postings<'a> = (Uuid, &'a [Posting]);

/// Writes operations, entries and new lots, moves the points of older lots, and sets the member's
/// balances. The member must be locked by this transaction.
pub(crate) async fn post(
    db: &mut PgConnection,
    customer_id: Uuid,
    posting: &Posting,
) -> Result<(), StoreError> {
    post_all(db, &[(customer_id, slice::from_ref(posting))]).await
}

/// As [`post`], for several members; each of them stands here once.
pub(crate) async fn post_all(
    db: &mut PgConnection,
    members: &[Postings<'_>],
) -> Result<(), StoreError> {
    let operations = Operations::of(members);
    let entries = Entries::of(members);
    let lots = Lots::of(members);
    let figures = Figures::of(members);
    sqlx::query_file!(
        "src/store/post.sql",
        &operations.customers,
        &operations.ids,
        &operations.kinds,
        &operations.references as _,
        &operations.effective_at as _,
        &operations.recorded_at as _,
        &lots.customers,
        &lots.ids,
        &lots.operations,
        &lots.references as _,
        &lots.priorities,
        &lots.earned_at as _,
        &lots.active_at as _,
        &lots.expires_at as _,
        &lots.originals,
        &lots.available,
        &lots.pending,
        &lots.held,
        &entries.customers,
        &entries.numbers,
        &entries.ids,
        &entries.operations,
        &entries.accounts,
        &entries.amounts,
        &entries.balances as _,
        &entries.lots as _,
        &figures.customers,
        &figures.available,
        &figures.pending,
        &figures.held,
        &figures.debt,
        &figures.lifetime_earned,
        &figures.entry_counts,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// All operations, with whose they are.
fn operations<'a>(members: &[Postings<'a>]) -> impl Iterator<Item = (Uuid, &'a Operation)> {
    members.iter().flat_map(|&(customer_id, postings)| {
        let operations = postings.iter().flat_map(|posting| &posting.operations);
        operations.map(move |operation| (customer_id, operation))
    })
}

impl<'a> Operations<'a> {
    fn of(members: &[Postings<'a>]) -> Self {
        let mut columns = Self::default();
        for (customer_id, operation) in operations(members) {
            columns.customers.push(customer_id);
            columns.ids.push(operation.operation_id);
            columns.kinds.push(operation.kind.number());
            columns.references.push(&operation.reference);
            columns.effective_at.push(operation.effective_at.to_sqlx());
            columns.recorded_at.push(operation.recorded_at.to_sqlx());
        }
        columns
    }
}

impl Entries {
    fn of(members: &[Postings<'_>]) -> Self {
        let mut columns = Self::default();
        for (customer_id, operation) in operations(members) {
            columns.add(customer_id, operation);
        }
        columns
    }

    fn add(&mut self, customer_id: Uuid, operation: &Operation) {
        for entry in &operation.entries {
            self.customers.push(customer_id);
            self.numbers.push(entry.entry_number);
            self.ids.push(entry.entry_id);
            self.operations.push(operation.operation_id);
            self.accounts.push(entry.account.number());
            self.amounts.push(entry.amount.get());
            self.balances.push(entry.balance_after.map(Points::get));
            self.lots.push(entry.lot_id);
        }
    }
}

impl<'a> Lots<'a> {
    /// New lots as they are after the last posting of their member, which may have moved what an
    /// earlier one opened.
    fn of(members: &[Postings<'a>]) -> Self {
        let mut columns = Self::default();
        for &(customer_id, postings) in members {
            let Some(last) = postings.last() else {
                continue;
            };
            let opened = postings.iter().flat_map(Posting::opened);
            for lot in opened.filter_map(|lot| last.wallet.lots.get(&lot.lot_id)) {
                columns.add(customer_id, lot);
            }
        }
        columns
    }

    fn add(&mut self, customer_id: Uuid, lot: &'a Lot) {
        self.customers.push(customer_id);
        self.ids.push(lot.lot_id);
        self.operations.push(lot.operation_id);
        self.references.push(&lot.reference);
        self.priorities.push(lot.priority);
        self.earned_at.push(lot.earned_at.to_sqlx());
        self.active_at.push(lot.active_at.to_sqlx());
        self.expires_at.push(lot.expires_at.map(ToSqlx::to_sqlx));
        self.originals.push(lot.original.get());
        self.available.push(lot.available.get());
        self.pending.push(lot.pending.get());
        self.held.push(lot.held.get());
    }
}

impl Figures {
    fn of(members: &[Postings<'_>]) -> Self {
        let mut columns = Self::default();
        for &(customer_id, postings) in members {
            if let Some(last) = postings.last() {
                columns.add(customer_id, &last.wallet);
            }
        }
        columns
    }

    fn add(&mut self, customer_id: Uuid, wallet: &Wallet) {
        self.customers.push(customer_id);
        self.available.push(wallet.balances.available.get());
        self.pending.push(wallet.balances.pending.get());
        self.held.push(wallet.balances.held.get());
        self.debt.push(wallet.balances.debt.get());
        self.lifetime_earned.push(wallet.lifetime_earned.get());
        self.entry_counts.push(wallet.entry_count);
    }
}
