//! Reading members, statements, lots, credits, redemptions and holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use contract::patron::loyalty::v1::operation_details::Details;
use contract::patron::loyalty::v1::{OperationAuthor, OperationDetails};
use prost::Message as _;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::redeem::Spent;
use super::{AppError, Loyalty};
use crate::domain::ledger::{Account, Figures, Kind, Lot, Points, State, WalletId};
use crate::domain::program::Program;
use crate::store::households;
use crate::store::ledger::holders::{self, HolderKind, HolderRow};
use crate::store::ledger::holds::{self, HoldRow};
use crate::store::ledger::lots::{self, Owned};
use crate::store::ledger::operations::{self, Recorded};
use crate::store::ledger::restorations;
use crate::store::ledger::statement::{self, Line, Place};
use crate::store::membership::overview::{self, Overview};
use crate::store::tiers::standings::{Records, records};

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
    /// The number of its card; empty when it has none.
    pub(crate) card_number: String,
    /// The figures of its wallets, with those of the program's first one in any case.
    pub(crate) wallets: Vec<(WalletId, Figures)>,
    /// The program, in the version in force.
    pub(crate) program: Arc<Program>,
    /// Where it stands, on ladders where it has ever stood on a tier.
    pub(crate) tiers: Records,
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
    let mut db = loyalty.snapshot().await?;
    member_in(loyalty, &mut db, customer_id).await
}

/// A member, as a transaction sees it.
pub(crate) async fn member_in(
    loyalty: &Loyalty,
    db: &mut PgConnection,
    customer_id: Uuid,
) -> Result<Membership, AppError> {
    let overview = overview::find(&mut *db, customer_id).await?;
    let overview = overview.filter(|overview| overview.holder.kind == HolderKind::Member);
    let overview = overview.ok_or(AppError::MemberNotFound)?;
    let (programs, program_id) = (&loyalty.programs, &overview.holder.program_id);
    let program = programs
        .at_revision(db, program_id, overview.revision, loyalty.now())
        .await?;
    let mut wallets = figures(db, customer_id, &overview).await?;
    let first = program.document.main_wallet.wallet_id;
    if !wallets.iter().any(|(wallet_id, _)| *wallet_id == first) {
        wallets.insert(0, (first, Figures::default()));
    }
    let tiers = if program.document.tier_ladders.is_empty() {
        Records::default()
    } else {
        records(&mut *db, &[customer_id]).await?
    };
    Ok(Membership {
        holder: overview.holder,
        card_number: overview.card_number.unwrap_or_default(),
        wallets,
        program,
        tiers,
    })
}

/// The wallets in which a member's points lie, by code: its own, and those of its household's pool in
/// the place of the own ones that are pooled.
async fn figures(
    db: &mut PgConnection,
    customer_id: Uuid,
    overview: &Overview,
) -> Result<Vec<(WalletId, Figures)>, AppError> {
    let of = |owner: Uuid| {
        let wallets = overview.wallets.iter().filter(move |(id, ..)| *id == owner);
        wallets.map(|(_, wallet_id, figures)| (*wallet_id, *figures))
    };
    let mut figures: BTreeMap<WalletId, Figures> = of(customer_id).collect();
    if let Some(household_id) = overview.holder.household_id {
        for pool in households::pools(db, &[household_id]).await? {
            figures.retain(|wallet_id, _| !pool.wallet_ids.contains(wallet_id));
            figures.extend(of(household_id));
        }
    }
    Ok(figures.into_iter().collect())
}

/// Those in whose wallets a member's points lie: itself, and its household's pool.
async fn reach(db: &mut PgConnection, customer_id: Uuid) -> Result<Vec<Uuid>, AppError> {
    let holder = holders::find(db, customer_id).await?;
    let holder = holder.filter(|holder| holder.kind == HolderKind::Member);
    let holder = holder.ok_or(AppError::MemberNotFound)?;
    let mut reach = vec![customer_id];
    reach.extend(holder.household_id);
    Ok(reach)
}

/// What there is to spend.
pub(crate) struct Purse {
    /// The program.
    pub(crate) program_id: String,
    /// State of the membership.
    pub(crate) state: State,
    /// Available points by wallet.
    pub(crate) available: HashMap<WalletId, Points>,
}

/// What a member could spend.
pub(crate) async fn purse(db: &mut PgConnection, customer_id: Uuid) -> Result<Purse, AppError> {
    let overview = overview::find(&mut *db, customer_id).await?;
    let overview = overview.ok_or(AppError::MemberNotFound)?;
    let wallets = figures(db, customer_id, &overview).await?.into_iter();
    let available = wallets.map(|(wallet_id, figures)| (wallet_id, figures.balances.available));
    Ok(Purse {
        program_id: overview.holder.program_id,
        state: overview.holder.state,
        available: available.collect(),
    })
}

/// A page of a statement, before the entry at a place.
pub(crate) async fn entries(
    loyalty: &Loyalty,
    customer_id: Uuid,
    before: Option<Place>,
    size: u16,
) -> Result<Page<Line>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let holders = reach(&mut db, customer_id).await?;
    let rows = statement::page(&mut *db, &holders, before, usize::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}

/// A page of the lots that still hold points.
pub(crate) async fn lots(
    loyalty: &Loyalty,
    customer_id: Uuid,
    after: Option<&lots::After>,
    size: u16,
) -> Result<Page<Owned>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let holders = reach(&mut db, customer_id).await?;
    let rows = lots::page(&mut *db, &holders, after, i64::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}

/// A page of holds, the latest first, before one of them.
pub(crate) async fn holds(
    loyalty: &Loyalty,
    customer_id: Uuid,
    from: (Option<Uuid>, bool),
    size: u16,
) -> Result<Page<HoldRow>, AppError> {
    let mut db = loyalty.snapshot().await?;
    let holders = reach(&mut db, customer_id).await?;
    let rows = holds::page(&mut *db, customer_id, &holders, from, i64::from(size) + 1).await?;
    Ok(Page::cut(rows, size))
}

/// A hold.
pub(crate) async fn hold(
    loyalty: &Loyalty,
    customer_id: Uuid,
    hold_id: Uuid,
) -> Result<HoldRow, AppError> {
    let mut db = loyalty.snapshot().await?;
    let places = reach(&mut db, customer_id).await?.into_iter();
    let places: Vec<(Uuid, Uuid)> = places.map(|holder_id| (holder_id, hold_id)).collect();
    let found = holds::named(&mut *db, &places).await?;
    let mut own = found
        .into_iter()
        .filter(|row| row.customer_id == customer_id);
    own.next().ok_or(AppError::HoldNotFound)
}

/// A credit. Beside its own operation stands, where it repaid debt, the one that did so.
pub(crate) async fn credit(
    loyalty: &Loyalty,
    customer_id: Uuid,
    accrual_id: Uuid,
) -> Result<Credit, AppError> {
    let mut db = loyalty.snapshot().await?;
    let found = its_own(&mut db, customer_id, (accrual_id, Kind::Earn)).await?;
    let found = found.filter(|found| found.operation.subject_id == Some(accrual_id));
    let Found {
        holder_id,
        operation,
        next: repayment,
    } = found.ok_or(AppError::AccrualNotFound)?;
    let opened = operation.entries.iter().find_map(|entry| entry.lot_id);
    let opened = opened.ok_or(AppError::AccrualNotFound)?;
    let mut lots = lots::named(&mut db, &[(holder_id, opened)]).await?;
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
    let mut db = loyalty.snapshot().await?;
    let found = its_own(&mut db, customer_id, (redemption_id, Kind::Redeem)).await?;
    let found = found.ok_or(AppError::RedemptionNotFound)?;
    let (holder_id, operation) = (found.holder_id, found.operation);
    let restored = restorations::named(&mut *db, &[(holder_id, redemption_id)]).await?;
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

/// An operation that was asked for.
struct Found {
    /// In whose wallet it is.
    holder_id: Uuid,
    operation: Recorded,
    /// The one after it.
    next: Option<Recorded>,
}

/// A member's operation of this id and kind; of a pool, only one that was that member's act.
async fn its_own(
    db: &mut PgConnection,
    customer_id: Uuid,
    (operation_id, kind): (Uuid, Kind),
) -> Result<Option<Found>, AppError> {
    for holder_id in reach(db, customer_id).await? {
        let mut found = operations::from(&mut *db, holder_id, operation_id, 2)
            .await?
            .into_iter();
        let first = found.next();
        let is_meant = |operation: &Recorded| {
            let is_own = holder_id == customer_id || is_act_of(operation, customer_id);
            operation.operation_id == operation_id && operation.kind == kind && is_own
        };
        if let Some(operation) = first.filter(is_meant) {
            let next = found.next();
            return Ok(Some(Found {
                holder_id,
                operation,
                next,
            }));
        }
    }
    Ok(None)
}

fn is_act_of(operation: &Recorded, customer_id: Uuid) -> bool {
    let author = OperationAuthor::decode(operation.details.as_slice());
    author.is_ok_and(|author| author.customer_id == customer_id.to_string())
}

impl Loyalty {
    /// Nothing was found: is that all there is, or is there no such member?
    pub(crate) async fn require_member(&self, customer_id: Uuid) -> Result<(), AppError> {
        require_member(self.db.pool(), customer_id).await
    }
}

/// The same, asked of whoever has found nothing: a call that holds a connection must not wait for another.
pub(crate) async fn require_member(
    db: impl PgExecutor<'_>,
    customer_id: Uuid,
) -> Result<(), AppError> {
    if holders::is_member(db, customer_id).await? {
        Ok(())
    } else {
        Err(AppError::MemberNotFound)
    }
}
