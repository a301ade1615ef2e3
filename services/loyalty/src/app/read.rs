//! Reading members, statements, lots, credits, redemptions, holds and programs.

use std::sync::Arc;

use contract::patron::loyalty::v1::OperationDetails;
use contract::patron::loyalty::v1::operation_details::Details;
use prost::Message as _;
use uuid::Uuid;

use super::redeem::Spent;
use super::{AppError, Loyalty};
use crate::domain::Program;
use crate::domain::ledger::{Account, Figures, Kind, Lot, Points, WalletId};
use crate::store::ledger::holders::{self, HolderKind, HolderRow};
use crate::store::ledger::holds::{self, HoldRow};
use crate::store::ledger::lots::{self, Owned};
use crate::store::ledger::operations::{self, Recorded};
use crate::store::ledger::restorations;
use crate::store::ledger::statement::{self, Line, Place};
use crate::store::ledger::wallets;

/// A page of a list, and whether another one follows.
pub(crate) struct Page<T> {
    /// The rows.
    pub(crate) rows: Vec<T>,
    /// Whether there are more.
    pub(crate) has_more: bool,
}

impl<T> Page<T> {
    /// Of rows that were read with one more than the page holds.
    pub(super) fn cut(mut rows: Vec<T>, size: u16) -> Self {
        let has_more = rows.len() > usize::from(size);
        rows.truncate(usize::from(size));
        Self { rows, has_more }
    }
}

/// A member with its balances.
pub(crate) struct Membership {
    /// The member.
    pub(crate) holder: HolderRow,
    /// The figures of its wallets, with those of the program's first one in any case.
    pub(crate) wallets: Vec<(WalletId, Figures)>,
    /// The program, in the version in force.
    pub(crate) program: Arc<Program>,
}

/// A credit as it is recorded.
pub(crate) struct Credit {
    /// Whose.
    pub(crate) customer_id: Uuid,
    /// The operation.
    pub(crate) operation: Recorded,
    /// The lot that it opened.
    pub(crate) lot: Lot,
    /// Of the points, what repaid debt at once.
    pub(crate) debt_repaid: Points,
    /// Available points after it.
    pub(crate) available_after: Points,
}

/// A member.
pub(crate) async fn member(loyalty: &Loyalty, customer_id: Uuid) -> Result<Membership, AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    let holder = holders::find(&mut *db, customer_id).await?;
    let holder = holder.filter(|holder| holder.kind == HolderKind::Member);
    let holder = holder.ok_or(AppError::MemberNotFound)?;
    let program = loyalty
        .programs
        .at(&mut db, &holder.program_id, loyalty.now())
        .await?;
    let rows = wallets::of_holders(&mut *db, &[customer_id]).await?;
    let rows = rows.into_iter().map(|row| (row.wallet_id, row.figures));
    let mut wallets: Vec<(WalletId, Figures)> = rows.collect();
    let first = program.first_wallet()?;
    if !wallets.iter().any(|(wallet_id, _)| *wallet_id == first) {
        wallets.insert(0, (first, Figures::default()));
    }
    Ok(Membership {
        holder,
        wallets,
        program,
    })
}

/// A page of a statement, before the entry at a place.
pub(crate) async fn entries(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Place>,
    size: u16,
) -> Result<Page<Line>, AppError> {
    let pool = loyalty.db.pool();
    let rows = statement::page(pool, customer_id, before, usize::from(size) + 1).await?;
    if rows.is_empty() {
        require_member(loyalty, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}

/// A page of the lots that still hold points.
pub(crate) async fn lots(
    loyalty: &Loyalty,
    customer_id: Uuid,
    after: Option<&lots::After>,
    size: u16,
) -> Result<Page<Owned>, AppError> {
    let pool = loyalty.db.pool();
    let rows = lots::page(pool, customer_id, after, i64::from(size) + 1).await?;
    if rows.is_empty() {
        require_member(loyalty, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}

/// A page of holds, the latest first, before one of them.
pub(crate) async fn holds(
    loyalty: &Loyalty,
    customer_id: Uuid,
    from: (Option<Uuid>, bool),
    size: u16,
) -> Result<Page<HoldRow>, AppError> {
    let pool = loyalty.db.pool();
    let rows = holds::page(pool, customer_id, from, i64::from(size) + 1).await?;
    if rows.is_empty() {
        require_member(loyalty, customer_id).await?;
    }
    Ok(Page::cut(rows, size))
}

/// A hold.
pub(crate) async fn hold(
    loyalty: &Loyalty,
    customer_id: Uuid,
    hold_id: Uuid,
) -> Result<HoldRow, AppError> {
    let mut found = holds::named(loyalty.db.pool(), &[(customer_id, hold_id)]).await?;
    if found.is_empty() {
        require_member(loyalty, customer_id).await?;
    }
    found.pop().ok_or(AppError::HoldNotFound)
}

/// A credit. Beside its own operation stands, where it repaid debt, the one that did so.
pub(crate) async fn credit(
    loyalty: &Loyalty,
    customer_id: Uuid,
    accrual_id: Uuid,
) -> Result<Credit, AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    let found = operations::from(&mut *db, customer_id, accrual_id, 2).await?;
    let (operation, repayment) = its_own(found, accrual_id, Kind::Earn);
    let Some(operation) = operation.filter(|operation| operation.subject_id == Some(accrual_id))
    else {
        drop(db);
        require_member(loyalty, customer_id).await?;
        return Err(AppError::AccrualNotFound);
    };
    let opened = operation.entries.iter().find_map(|entry| entry.lot_id);
    let opened = opened.ok_or(AppError::AccrualNotFound)?;
    let mut lots = lots::named(&mut db, &[(customer_id, opened)]).await?;
    let lot = lots.pop().ok_or(AppError::AccrualNotFound)?.lot;
    let repayment = repayment.filter(|repayment| repayment.subject_id == Some(accrual_id));
    let last = repayment.as_ref().unwrap_or(&operation);
    let available_after = last.balance_after(Account::Available).unwrap_or_default();
    let debt_repaid = repayment.as_ref().map(repaid).unwrap_or_default();
    Ok(Credit {
        customer_id,
        operation,
        lot,
        debt_repaid,
        available_after,
    })
}

fn repaid(repayment: &Recorded) -> Points {
    let entries = repayment.entries.iter();
    let debt = entries.filter(|entry| entry.account == Account::Debt);
    debt.map(|entry| entry.amount).next().unwrap_or_default()
}

/// A redemption.
pub(crate) async fn redemption(
    loyalty: &Loyalty,
    customer_id: Uuid,
    redemption_id: Uuid,
) -> Result<Spent, AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    let found = operations::from(&mut *db, customer_id, redemption_id, 1).await?;
    let restored = restorations::named(&mut *db, &[(customer_id, redemption_id)]).await?;
    drop(db);
    let (Some(operation), _) = its_own(found, redemption_id, Kind::Redeem) else {
        require_member(loyalty, customer_id).await?;
        return Err(AppError::RedemptionNotFound);
    };
    let lots = operation.taken()?;
    let spent = operation
        .entries
        .iter()
        .find(|entry| entry.account == Account::Redemption);
    Ok(Spent {
        redemption_id,
        customer_id,
        wallet_id: operation.wallet_id,
        points: spent.map(|entry| entry.amount).unwrap_or_default(),
        created_at: operation.recorded_at,
        lots,
        available_after: available_after(&operation),
        restored: restored.first().map(|row| row.restored).unwrap_or_default(),
        hold_id: operation.subject_id,
        reference: operation.reference,
    })
}

/// As the entries say; or, where all of them are of the held account, the details.
fn available_after(operation: &Recorded) -> Points {
    let told = || {
        let details = OperationDetails::decode(operation.details.as_slice());
        match details.ok()?.details? {
            Details::Redemption(redemption) => Some(Points::new(redemption.available_after)),
            _ => None,
        }
    };
    let of_entries = operation.balance_after(Account::Available);
    of_entries.or_else(told).unwrap_or_default()
}

/// The operation of this id and kind, and the one after it.
fn its_own(
    found: Vec<Recorded>,
    operation_id: Uuid,
    kind: Kind,
) -> (Option<Recorded>, Option<Recorded>) {
    let mut found = found.into_iter();
    let first = found.next();
    let is_meant =
        |operation: &Recorded| operation.operation_id == operation_id && operation.kind == kind;
    (first.filter(is_meant), found.next())
}

/// A program as it is now.
pub(crate) async fn program(loyalty: &Loyalty, program_id: &str) -> Result<Arc<Program>, AppError> {
    let mut db = loyalty.db.pool().acquire().await?;
    loyalty
        .programs
        .at(&mut db, program_id, loyalty.now())
        .await
}

/// Nothing was found: is that all there is, or is there no such member?
async fn require_member(loyalty: &Loyalty, customer_id: Uuid) -> Result<(), AppError> {
    if holders::is_member(loyalty.db.pool(), customer_id).await? {
        Ok(())
    } else {
        Err(AppError::MemberNotFound)
    }
}
