//! What came of an act, in words that the ledger and its model share.

use super::super::*;

/// The numbers that the act reports, or why it was refused.
pub(super) type Outcome = Result<Vec<i64>, Refused>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    BelowMinimum,
    NotInSteps,
    AboveMaximum,
    AboveAllowance,
    Held,
    Spent,
    Repaid { owed: i64 },
    Insufficient { available: i64 },
    Resolved,
    TimedOut,
    NotDue,
    AlreadyOver,
    AboveHold { held: i64 },
    InDebt { owed: i64 },
    OtherCurrency,
    InThePast,
    LotOver,
    Nothing,
}

/// A ledger error is a defect, whatever the act.
fn defect(error: LedgerError) -> Refused {
    panic!("the ledger can't carry it out: {error}")
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Self {
        defect(error)
    }
}

impl From<EarnError> for Refused {
    fn from(error: EarnError) -> Self {
        panic!("nothing was earned: {error}")
    }
}

impl From<RedeemError> for Refused {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::BelowMinimum { .. } => Self::BelowMinimum,
            RedeemError::NotInSteps { .. } => Self::NotInSteps,
            RedeemError::AboveMaximum { .. } => Self::AboveMaximum,
            RedeemError::Insufficient { available, .. } => Self::Insufficient {
                available: available.get(),
            },
            RedeemError::AboveAllowance { .. } => Self::AboveAllowance,
            RedeemError::NotActive => panic!("everybody is active"),
            RedeemError::Ledger(error) => defect(error),
        }
    }
}

impl From<HoldError> for Refused {
    fn from(error: HoldError) -> Self {
        match error {
            HoldError::Redeem(error) => error.into(),
            HoldError::AlreadyOver { .. } => Self::AlreadyOver,
            HoldError::Ledger(error) => defect(error),
        }
    }
}

impl From<ConfirmError> for Refused {
    fn from(error: ConfirmError) -> Self {
        match error {
            ConfirmError::Resolved { .. } => Self::Resolved,
            ConfirmError::TimedOut { .. } => Self::TimedOut,
            ConfirmError::AboveHold { held, .. } => Self::AboveHold { held: held.get() },
            ConfirmError::Redeem(error) => error.into(),
            ConfirmError::NotPositive { .. } => panic!("{error}"),
            ConfirmError::Ledger(error) => defect(error),
        }
    }
}

impl From<ReleaseError> for Refused {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::Resolved { .. } => Self::Resolved,
            ReleaseError::NotDue { .. } => Self::NotDue,
            ReleaseError::Ledger(error) => defect(error),
        }
    }
}

impl From<RestoreError> for Refused {
    fn from(error: RestoreError) -> Self {
        panic!("nothing was restored: {error}")
    }
}

impl From<TransferError> for Refused {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::OtherCurrency { .. } => Self::OtherCurrency,
            TransferError::Redeem(error) => error.into(),
            TransferError::RecipientClosed | TransferError::NotPositive { .. } => panic!("{error}"),
            TransferError::Ledger(error) => defect(error),
        }
    }
}

impl From<HouseholdError> for Refused {
    fn from(error: HouseholdError) -> Self {
        match error {
            HouseholdError::OtherCurrency { .. } => Self::OtherCurrency,
            HouseholdError::InDebt { owed } => Self::InDebt { owed: owed.get() },
            HouseholdError::Ledger(error) => defect(error),
        }
    }
}

impl From<MergeError> for Refused {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::OtherCurrency { .. } => Self::OtherCurrency,
            MergeError::Held { .. } => Self::Held,
            MergeError::Spent { .. } => Self::Spent,
            MergeError::Repaid { owed, .. } => Self::Repaid { owed: owed.get() },
            MergeError::Ledger(error) => defect(error),
        }
    }
}

impl From<AdjustError> for Refused {
    fn from(error: AdjustError) -> Self {
        match error {
            AdjustError::Insufficient { available, .. } => Self::Insufficient {
                available: available.get(),
            },
            AdjustError::NotPositive { .. } => panic!("{error}"),
            AdjustError::Ledger(error) => defect(error),
        }
    }
}

impl From<RedateError> for Refused {
    fn from(error: RedateError) -> Self {
        match error {
            RedateError::InThePast { .. } => Self::InThePast,
            RedateError::Over { .. } => Self::LotOver,
            RedateError::Ledger(error) => defect(error),
        }
    }
}
