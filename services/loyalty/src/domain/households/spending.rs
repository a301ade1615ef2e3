use crate::domain::ledger::{Account, Kind, LedgerError, Operation, Points};

/// What a member may still spend of a pool, after so much in the present period.
pub fn allowance(limit: Points, drawn: Points) -> Points {
    let left = limit.minus(drawn).unwrap_or_default();
    left.max(Points::ZERO)
}

/// What these operations have drawn from a pool for a member: points that were spent, sent or
/// reserved, less those that were given back, lapsed or not. What is confirmed was counted when it was
/// reserved.
pub fn drawn(operations: &[Operation]) -> Result<Points, LedgerError> {
    let mut drawn = Points::ZERO;
    for operation in operations {
        let own = operation.entries.iter();
        for entry in own.filter(|entry| entry.account.is_wallets()) {
            let counted = match (operation.kind, entry.account) {
                (Kind::Redeem | Kind::Restore | Kind::Hold, Account::Available) => {
                    entry.amount.negated()?
                }
                (Kind::Transfer, Account::Available) => entry.amount.min(Points::ZERO).negated()?,
                (Kind::Release | Kind::Expire, Account::Held) => entry.amount,
                _ => Points::ZERO,
            };
            drawn = drawn.plus(counted)?;
        }
    }
    Ok(drawn)
}
