use uuid::Uuid;

use super::draft::Draft;
use super::movement::shift;
use super::share::total;
use super::{Account, Cause, Kind, LedgerError, Lot, LotShare, Occasion, Points, Posting, Wallet};

/// Pending points that may become available.
#[derive(Clone, Copy, Debug)]
pub struct Activation<'a> {
    /// Which.
    pub which: Which<'a>,
    /// The day's end, or the event that was waited for.
    pub cause: Cause<'a>,
}

/// Which pending lots.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// Those whose time has come.
    Due,
    /// The points of these lots, wherever they are now: what they waited for has happened.
    Of(&'a [Uuid]),
}

/// Points that became available.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activated {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// What each lot had pending, in the order of consumption.
    pub lots: Vec<LotShare>,
    /// All of it.
    pub points: Points,
    /// Of the points, what went to the debt at once.
    pub debt_repaid: Points,
}

/// Makes pending points available, and repays from them what is owed. Lots past their end stay as
/// they are, for expiry. `None` when nothing is pending there.
pub fn activate(
    wallet: &Wallet,
    Activation { which, cause }: Activation<'_>,
    occasion: Occasion<'_>,
) -> Result<Option<Activated>, LedgerError> {
    let is_meant = |lot: &&Lot| match which {
        Which::Due => lot.terms.is_active(occasion.now),
        Which::Of(origins) => origins.contains(&lot.origin_id),
    };
    let pending = |lot: &&Lot| lot.parts.pending.is_positive() && !lot.is_over(occasion.now);
    let mut found: Vec<&Lot> = wallet
        .lots()
        .iter()
        .filter(pending)
        .filter(is_meant)
        .collect();
    found.sort_unstable_by_key(|lot| lot.spending_order());
    let share = |lot: &Lot| LotShare {
        lot_id: lot.lot_id,
        points: lot.parts.pending,
    };
    let lots: Vec<LotShare> = found.into_iter().map(share).collect();
    if lots.is_empty() {
        return Ok(None);
    }

    let mut draft = Draft::on(wallet, cause, occasion);
    let movements = shift(Account::Pending, Account::Available, &lots)?;
    let operation_id = draft.post(Kind::Activate, &movements)?;
    let debt_repaid = draft.repay_debt()?;
    Ok(Some(Activated {
        posting: draft.finish(),
        operation_id,
        points: total(&lots)?,
        lots,
        debt_repaid,
    }))
}
