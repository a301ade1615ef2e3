use uuid::Uuid;

use super::{Account, LedgerError, LotShare, Points};

/// Points into (positive) or out of (negative) an account of a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Movement {
    pub(super) account: Account,
    /// The lot, for accounts that have lots.
    pub(super) lot_id: Option<Uuid>,
    pub(super) amount: Points,
}

impl Movement {
    /// Into a lot, or out of it when negative.
    pub(super) fn lot(account: Account, lot_id: Uuid, amount: Points) -> Self {
        Self {
            account,
            lot_id: Some(lot_id),
            amount,
        }
    }

    /// Towards no debt, or deeper into it when negative.
    pub(super) fn debt(amount: Points) -> Self {
        Self {
            account: Account::Debt,
            lot_id: None,
            amount,
        }
    }
}

/// Each share into its lot.
pub(super) fn put(account: Account, shares: &[LotShare]) -> Vec<Movement> {
    let into = |share: &LotShare| Movement::lot(account, share.lot_id, share.points);
    shares.iter().map(into).collect()
}

/// Each share out of its lot.
pub(super) fn pull(account: Account, shares: &[LotShare]) -> Result<Vec<Movement>, LedgerError> {
    let out_of = |share: &LotShare| {
        let amount = share.points.negated()?;
        Ok(Movement::lot(account, share.lot_id, amount))
    };
    shares.iter().map(out_of).collect()
}

/// Each share from one part of its lot to another part.
pub(super) fn shift(
    from: Account,
    to: Account,
    shares: &[LotShare],
) -> Result<Vec<Movement>, LedgerError> {
    let mut movements = pull(from, shares)?;
    movements.append(&mut put(to, shares));
    Ok(movements)
}
