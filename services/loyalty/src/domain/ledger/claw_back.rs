use jiff::Timestamp;
use uuid::Uuid;

use super::draft::Draft;
use super::movement::{Movement, pull, put};
use super::redeem::spendable;
use super::share::{Taken, take, total};
use super::{
    Account, Cause, DebtPolicy, Kind, LedgerError, Lot, LotShare, Occasion, Parts, Points,
    Policies, Posting, Wallet,
};

/// Earned points to be taken back.
#[derive(Clone, Copy, Debug)]
pub struct ClawBack<'a> {
    /// How many: at most what the sale has earned and nobody took back yet.
    pub points: Points,
    /// The lots that the sale has earned.
    pub own_lots: &'a [Uuid],
    /// The return.
    pub cause: Cause<'a>,
}

/// Points that were taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClawedBack {
    /// What to write. Empty where nothing could be taken.
    pub posting: Posting,
    /// The operation that takes back; `None` where nothing could be taken.
    pub operation_id: Option<Uuid>,
    /// Of the points, what the sale's own lots gave, lapsed ones included.
    pub from_own: Points,
    /// What other lots gave.
    pub from_others: Points,
    /// What had been spent already and is owed now.
    pub debt_added: Points,
    /// What could not be taken, by the policy for debt.
    pub not_taken: Points,
}

/// Takes points back: pending ones of the sale, then what is unspent of its active lots, then what
/// of them has lapsed; then other lots in the order of consumption; what is missing then is owed, as
/// far as the policy goes. `None` for no points.
///
/// Points of the sale that lapsed are taken out of expiry. Were they left there, the member would
/// pay for them with points of other sales, and lose the same points twice.
pub fn claw_back(
    wallet: &Wallet,
    claw: ClawBack<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Option<ClawedBack>, LedgerError> {
    if claw.points < Points::ZERO {
        return Err(LedgerError::Negative {
            amount: claw.points,
        });
    }
    if claw.points.is_zero() {
        return Ok(None);
    }
    let sources = Sources::find(wallet, claw, policies.debt, occasion.now)?;
    let owed = wallet.balances().owed()?;
    let debt_added = policies.debt.owing(sources.missing, owed)?;

    let mut draft = Draft::on(wallet, claw.cause, occasion);
    let operation_id = sources.post(&mut draft, debt_added)?;
    Ok(Some(ClawedBack {
        posting: draft.finish(),
        operation_id,
        from_own: sources.own()?,
        from_others: total(&sources.others)?,
        debt_added,
        not_taken: sources.missing.minus(debt_added)?,
    }))
}

/// Where the points come from.
struct Sources {
    pending: Vec<LotShare>,
    available: Vec<LotShare>,
    lapsed: Vec<LotShare>,
    others: Vec<LotShare>,
    missing: Points,
}

impl Sources {
    fn find(
        wallet: &Wallet,
        claw: ClawBack<'_>,
        debt: DebtPolicy,
        now: Timestamp,
    ) -> Result<Self, LedgerError> {
        let is_own = |lot: &&Lot| claw.own_lots.contains(&lot.origin_id);
        let mut own: Vec<&Lot> = wallet.lots().iter().filter(is_own).collect();
        own.sort_unstable_by_key(|lot| lot.spending_order());
        let pending = take(parts(&own, |parts| parts.pending), claw.points)?;
        let available = take(parts(&own, |parts| parts.available), pending.missing)?;
        let lapsed = take(parts(&own, |parts| parts.lapsed), available.missing)?;
        let others = if debt.reaches_others() {
            let is_others = |share: &LotShare| own.iter().all(|lot| lot.lot_id != share.lot_id);
            take(spendable(wallet, now).filter(is_others), lapsed.missing)?
        } else {
            Taken {
                missing: lapsed.missing,
                ..Taken::default()
            }
        };
        Ok(Self {
            pending: pending.shares,
            available: available.shares,
            lapsed: lapsed.shares,
            others: others.shares,
            missing: others.missing,
        })
    }

    fn own(&self) -> Result<Points, LedgerError> {
        let own = [&self.pending, &self.available, &self.lapsed];
        own.into_iter()
            .try_fold(Points::ZERO, |sum, shares| sum.plus(total(shares)?))
    }

    fn post(&self, draft: &mut Draft<'_>, debt: Points) -> Result<Option<Uuid>, LedgerError> {
        if !self.lapsed.is_empty() {
            draft.post(Kind::Expire, &put(Account::Available, &self.lapsed))?;
        }
        let mut movements = pull(Account::Pending, &self.pending)?;
        for shares in [&self.available, &self.lapsed, &self.others] {
            movements.append(&mut pull(Account::Available, shares)?);
        }
        if debt.is_positive() {
            movements.push(Movement::debt(debt.negated()?));
        }
        if movements.is_empty() {
            return Ok(None);
        }
        draft.post(Kind::ClawBack, &movements).map(Some)
    }
}

fn parts(lots: &[&Lot], part: impl Fn(Parts) -> Points) -> impl Iterator<Item = LotShare> {
    lots.iter().map(move |lot| LotShare {
        lot_id: lot.lot_id,
        points: part(lot.parts),
    })
}
