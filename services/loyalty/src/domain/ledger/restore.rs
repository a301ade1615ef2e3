use jiff::Timestamp;
use uuid::Uuid;

use super::draft::Draft;
use super::movement::{Movement, pull};
use super::share::{rest, take, total};
use super::{
    Account, ApportionError, Cause, Kind, LedgerError, LotShare, Occasion, Points, Policies,
    Posting, Wallet, apportion,
};

/// A spend, as far as giving it back is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// What each lot gave, in the order of consumption.
    pub lots: Vec<LotShare>,
    /// Of the points, what was given back: the last ones first.
    pub restored: Points,
}

/// Money that was paid back for what points were spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    /// All that was paid back so far, this time included, in minor units.
    pub refunded: i64,
    /// All that could be paid back.
    pub paid: i64,
}

/// Spent points to be given back.
#[derive(Clone, Copy, Debug)]
pub struct Restoration<'a> {
    /// The spend, as it stands.
    pub spent: &'a Spent,
    /// How much of it was returned.
    pub refund: Refund,
    /// The return.
    pub cause: Cause<'a>,
}

/// Spent points that were given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What to write.
    pub posting: Posting,
    /// The operation.
    pub operation_id: Uuid,
    /// The spend after it.
    pub spent: Spent,
    /// What was given back now, lapsed or not.
    pub points: Points,
    /// Of the points, what went to expiry at once, because its lot is past its end.
    pub lapsed: Points,
    /// Of the points, what went to the debt at once.
    pub debt_repaid: Points,
}

/// Why spent points are not given back. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// The refund is more than was paid, or less than nothing.
    #[error("{refunded} of {paid} can't have been paid back")]
    Refund {
        /// What was paid back.
        refunded: i64,
        /// What was paid.
        paid: i64,
    },
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Gives spent points back in proportion to the money that was paid back, to the lots that they
/// came from, the last one first. `None` when nothing more is due.
///
/// Each time the whole refund so far is apportioned anew, so partial refunds add up exactly. Points
/// keep their original end, and go to expiry when that is past; where the program grants a later
/// one they get a lot of their own, for what else lies in their lot keeps its end.
pub fn restore(
    wallet: &Wallet,
    restoration: Restoration<'_>,
    policies: &Policies,
    occasion: Occasion<'_>,
) -> Result<Option<Restored>, RestoreError> {
    let Restoration {
        spent,
        refund,
        cause,
    } = restoration;
    let due = refund.share_of(total(&spent.lots)?)?;
    let points = due.minus(spent.restored)?;
    if !points.is_positive() {
        return Ok(None);
    }
    let last_first = spent.lots.iter().rev().copied();
    let shares = take(rest(last_first, spent.restored)?, points)?.shares;

    let mut draft = Draft::on(wallet, cause, occasion);
    let (operation_id, lapsed) = put_back(&mut draft, &shares, policies, occasion.now)?;
    let debt_repaid = draft.repay_debt()?;
    Ok(Some(Restored {
        posting: draft.finish(),
        operation_id,
        spent: Spent {
            restored: due,
            ..spent.clone()
        },
        points,
        lapsed,
        debt_repaid,
    }))
}

fn put_back(
    draft: &mut Draft<'_>,
    shares: &[LotShare],
    policies: &Policies,
    now: Timestamp,
) -> Result<(Uuid, Points), LedgerError> {
    let operation_id = draft.new_operation();
    let (mut movements, mut lapsed) = (Vec::new(), Vec::new());
    for share in shares {
        let original = draft.lot(share.lot_id)?.terms.expires_at;
        let end = original.map(|end| policies.restored_until.map_or(end, |least| end.max(least)));
        let lot_id = if end == original {
            share.lot_id
        } else {
            draft.open_offshoot(operation_id, *share, end)?
        };
        movements.push(Movement::lot(Account::Available, lot_id, share.points));
        if end.is_some_and(|end| end <= now) {
            lapsed.push(LotShare { lot_id, ..*share });
        }
    }
    draft.post_as(operation_id, Kind::Restore, &movements)?;
    if !lapsed.is_empty() {
        draft.post(Kind::Expire, &pull(Account::Available, &lapsed)?)?;
    }
    Ok((operation_id, total(&lapsed)?))
}

impl Refund {
    /// The share of these points that goes with the money paid back so far.
    fn share_of(self, points: Points) -> Result<Points, RestoreError> {
        let Self { refunded, paid } = self;
        let refusal = RestoreError::Refund { refunded, paid };
        let kept = paid.checked_sub(refunded).ok_or(refusal)?;
        match apportion(points, &[refunded, kept]).as_deref() {
            Ok([due, ..]) => Ok(*due),
            Ok([]) | Err(ApportionError::Weights) => Err(refusal),
            Err(ApportionError::Negative { amount }) => {
                Err(LedgerError::Negative { amount: *amount }.into())
            }
        }
    }
}
