//! Writing a posting: all of it in one statement.

use jiff_sqlx::{Timestamp, ToSqlx};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::numbers::Numbered as _;
use crate::domain::{Lot, Operation, Points, Posting};

/// Columns of the new operations.
#[derive(Default)]
struct Operations<'a> {
    ids: Vec<Uuid>,
    kinds: Vec<i16>,
    references: Vec<&'a str>,
    effective_at: Vec<Timestamp>,
    recorded_at: Vec<Timestamp>,
}

/// Columns of the new entries.
#[derive(Default)]
struct Entries {
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

/// Writes operations, entries and new lots, moves the points of older lots, and sets the member's
/// balances. The member must be locked by this transaction.
pub(crate) async fn post(
    db: &mut PgConnection,
    customer_id: Uuid,
    posting: &Posting,
) -> Result<(), StoreError> {
    let operations = Operations::of(posting);
    let entries = Entries::of(posting);
    let lots = Lots::of(posting);
    let wallet = &posting.wallet;
    sqlx::query_file!(
        "src/store/post.sql",
        customer_id,
        &operations.ids,
        &operations.kinds,
        &operations.references as _,
        &operations.effective_at as _,
        &operations.recorded_at as _,
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
        &entries.numbers,
        &entries.ids,
        &entries.operations,
        &entries.accounts,
        &entries.amounts,
        &entries.balances as _,
        &entries.lots as _,
        wallet.balances.available.get(),
        wallet.balances.pending.get(),
        wallet.balances.held.get(),
        wallet.balances.debt.get(),
        wallet.lifetime_earned.get(),
        wallet.entry_count,
    )
    .execute(db)
    .await?;
    Ok(())
}

impl<'a> Operations<'a> {
    fn of(posting: &'a Posting) -> Self {
        let mut columns = Self::default();
        for operation in &posting.operations {
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
    fn of(posting: &Posting) -> Self {
        let mut columns = Self::default();
        for operation in &posting.operations {
            columns.add(operation);
        }
        columns
    }

    fn add(&mut self, operation: &Operation) {
        for entry in &operation.entries {
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
    fn of(posting: &'a Posting) -> Self {
        let mut columns = Self::default();
        for lot in posting.opened() {
            columns.add(lot);
        }
        columns
    }

    fn add(&mut self, lot: &'a Lot) {
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
