use std::sync::Arc;

use sqlx::PgConnection;
use uuid::Uuid;

use super::HouseholdsError;
use crate::app::read::Page;
use crate::app::{AppError, Loyalty};
use crate::domain::households::{Household, allowance};
use crate::domain::ledger::{Figures, Points, WalletId};
use crate::domain::program::Program;
use crate::store::households::{self as store, SpendingRow};
use crate::store::ledger::wallets;
use jiff::Timestamp;

/// A household with its pool, and what its members have spent.
pub(crate) struct Shown {
    /// The household.
    pub(crate) household: Household,
    /// Its program.
    pub(crate) program: Arc<Program>,
    /// The pool.
    pub(crate) wallets: Vec<(WalletId, Figures)>,
    /// What members have spent in the present period: who, of what, how much, how much is left.
    pub(crate) spending: Vec<(Uuid, WalletId, Points, Option<Points>)>,
    /// When it was looked at.
    pub(crate) now: Timestamp,
}

/// A household.
pub(crate) async fn one(loyalty: &Loyalty, household_id: Uuid) -> Result<Shown, AppError> {
    let mut db = loyalty.snapshot().await?;
    shown(loyalty, &mut db, household_id).await
}

/// A household, as a transaction sees it.
pub(super) async fn shown(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    household_id: Uuid,
) -> Result<Shown, AppError> {
    let found = store::find(db, household_id).await?;
    let household = found.ok_or(HouseholdsError::NotFound)?;
    let now = loyalty.now();
    let program = loyalty.programs.at(db, &household.program_id, now).await?;
    let rows = wallets::of_holders(&mut *db, &[household_id]).await?;
    let spending = store::spending(db, &[household_id]).await?;
    let spending = spent(&household, &program, &spending, now);
    Ok(Shown {
        household,
        program,
        wallets: rows
            .into_iter()
            .map(|row| (row.wallet_id, row.figures))
            .collect(),
        spending,
        now,
    })
}

fn spent(
    household: &Household,
    program: &Program,
    rows: &[SpendingRow],
    now: Timestamp,
) -> Vec<(Uuid, WalletId, Points, Option<Points>)> {
    let policy = program.document.households.as_ref();
    let limit = policy.and_then(|policy| policy.spending_limit);
    let period = limit.map_or(calendar::Period::Lifetime, |limit| limit.period);
    let period = period
        .bucket(program.document.zone.date_of(now))
        .to_string();
    let mut spent = Vec::new();
    for member in &household.members {
        for wallet_id in &household.wallet_ids {
            let is_meant = |row: &&SpendingRow| {
                let whose = (row.customer_id, row.wallet_id);
                whose == (member.customer_id, *wallet_id) && row.period == period
            };
            let points = rows.iter().find(is_meant).map(|row| row.points);
            let points = points.unwrap_or_default();
            let left = limit.map(|limit| allowance(limit.points, points));
            spent.push((member.customer_id, *wallet_id, points, left));
        }
    }
    spent
}

/// A page of households, before one of them.
pub(crate) async fn page(
    loyalty: &Loyalty,
    before: Option<Uuid>,
    include_dissolved: bool,
    size: u16,
) -> Result<Page<Household>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let rows = store::page(&mut db, before, include_dissolved, i64::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}
