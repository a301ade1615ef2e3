//! The one place where errors of this service become what its callers see.

use std::error::Error;
use std::time::Duration;

use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use events::OutboxError;
use postgres::DatabaseError;
use tonic::{Code, Status};

use crate::app::AppError;
use crate::app::households::HouseholdsError;
use crate::domain::ledger::{
    ConfirmError, EarnError, HoldError, LedgerError, Points, RedeemError, ReleaseError, Resolution,
};
use crate::store::StoreError;

/// When to try again after the database was away or busy.
const LATER: Duration = Duration::from_secs(1);
/// An error as the status of a call.
#[track_caller]
pub(super) fn refuse(error: AppError) -> Status {
    Refusal::from(error).into()
}

impl From<AppError> for Refusal {
    #[track_caller]
    fn from(error: AppError) -> Self {
        let not_found = |reason| Self::new(Code::NotFound, reason, error.to_string());
        match error {
            AppError::MemberNotFound => not_found(ErrorReason::MemberNotFound),
            AppError::CustomerErased => erasure::erased(),
            AppError::ProgramNotFound { .. } => not_found(ErrorReason::ProgramNotFound),
            AppError::RedemptionNotFound => not_found(ErrorReason::RedemptionNotFound),
            AppError::AccrualNotFound => not_found(ErrorReason::AccrualNotFound),
            AppError::HoldNotFound => not_found(ErrorReason::HoldNotFound),
            AppError::VerificationNotFound => not_found(ErrorReason::VerificationNotFound),
            AppError::TooManyRepeats => {
                Self::new(Code::Aborted, Common::RequestInProgress, error.to_string())
                    .retry_after(LATER)
            }
            AppError::WalletNotFound { wallet_id } => {
                not_found(ErrorReason::WalletNotFound).metadata("wallet_id", wallet_id.to_string())
            }
            AppError::InTheFuture { field } => out_of_time(field, &error),
            AppError::HoldTerm => out_of_time("hold.expire_time", &error),
            AppError::Programs(error) => super::programs::refused(error),
            AppError::Tiers(error) => super::tiers::refused(error),
            AppError::Benefits(error) => super::benefits::refused(error),
            AppError::Rating(error) => super::rating::refused(error),
            AppError::Rewards(error) => error.into(),
            AppError::Coupons(error) => error.into(),
            AppError::Referrals(error) => error.into(),
            AppError::Challenges(error) => error.into(),
            AppError::Draws(error) => error.into(),
            AppError::DeadlinePassed => deadline_exceeded(),
            AppError::Membership(error) => error.into(),
            AppError::Households(error) => error.into(),
            AppError::Household(error) => HouseholdsError::Ledger(error).into(),
            AppError::Transfers(error) => error.into(),
            AppError::Adjustments(error) => error.into(),
            AppError::Earn(error) => not_earned(error),
            AppError::Redeem(error) => not_redeemed(error),
            AppError::Hold(error) => not_held(error),
            AppError::Confirm(error) => not_confirmed(error),
            AppError::Release(error) => not_released(error),
            AppError::Ledger(error) => ledger(error),
            AppError::Store(StoreError::Database(error))
            | AppError::Outbox(OutboxError::Database(error)) => database(error),
            AppError::MergedTooOften
            | AppError::Restore(_)
            | AppError::Redate(_)
            | AppError::Id(_)
            | AppError::VerificationTaken
            | AppError::Sign(_)
            | AppError::Store(_)
            | AppError::Outbox(_)
            | AppError::WalletId(_) => Self::internal(error),
        }
    }
}

fn out_of_time(field: &str, error: &AppError) -> Refusal {
    let message = error.to_string();
    Refusal::new(Code::InvalidArgument, ErrorReason::TimeOutOfRange, &message).field(field, message)
}

/// What can't be counted is the caller's fault; all else is a defect.
#[track_caller]
pub(super) fn ledger(error: LedgerError) -> Refusal {
    match error {
        LedgerError::Overflow => Refusal::new(
            Code::OutOfRange,
            ErrorReason::AmountOutOfRange,
            error.to_string(),
        ),
        _ => Refusal::internal(error),
    }
}

#[track_caller]
fn not_earned(error: EarnError) -> Refusal {
    match error {
        EarnError::Closed => precondition(ErrorReason::MemberNotActive, &error),
        EarnError::Ledger(error) => ledger(error),
    }
}

#[track_caller]
pub(super) fn not_redeemed(error: RedeemError) -> Refusal {
    match error {
        RedeemError::NotActive => precondition(ErrorReason::MemberNotActive, &error),
        RedeemError::BelowMinimum { minimum } => {
            precondition(ErrorReason::BelowMinimumRedemption, &error)
                .metadata("minimum", minimum.to_string())
        }
        RedeemError::NotInSteps { step } => {
            precondition(ErrorReason::RedemptionStep, &error).metadata("step", step.to_string())
        }
        RedeemError::AboveMaximum { maximum } => {
            precondition(ErrorReason::AboveMaximumRedemption, &error)
                .metadata("maximum", maximum.to_string())
        }
        RedeemError::AboveAllowance { allowance } => {
            precondition(ErrorReason::HouseholdAllowanceExceeded, &error)
                .metadata("allowance", allowance.to_string())
        }
        RedeemError::Insufficient {
            available,
            required,
        } => precondition(ErrorReason::InsufficientPoints, &error)
            .metadata("available", available.to_string())
            .metadata("required", required.to_string()),
        RedeemError::Ledger(error) => ledger(error),
    }
}

#[track_caller]
fn not_held(error: HoldError) -> Refusal {
    match error {
        HoldError::Redeem(error) => not_redeemed(error),
        HoldError::AlreadyOver { .. } => {
            let message = error.to_string();
            Refusal::new(Code::InvalidArgument, ErrorReason::TimeOutOfRange, &message)
                .field("hold.expire_time", message)
        }
        HoldError::Ledger(error) => ledger(error),
    }
}

#[track_caller]
fn not_confirmed(error: ConfirmError) -> Refusal {
    match error {
        ConfirmError::Resolved { resolution } => resolved(resolution, &error),
        ConfirmError::TimedOut { .. } => resolved(Resolution::TimedOut, &error),
        ConfirmError::AboveHold { held, required } => above_hold(held, required, &error),
        // All that is held was asked for, and nothing is: then it has ended, as above.
        ConfirmError::NotPositive { points } => above_hold(Points::ZERO, points, &error),
        ConfirmError::Redeem(error) => not_redeemed(error),
        ConfirmError::Ledger(error) => ledger(error),
    }
}

fn above_hold(held: Points, required: Points, error: &ConfirmError) -> Refusal {
    precondition(ErrorReason::AboveHold, error)
        .metadata("held", held.to_string())
        .metadata("required", required.to_string())
}

#[track_caller]
fn not_released(error: ReleaseError) -> Refusal {
    match error {
        ReleaseError::Resolved { resolution } => resolved(resolution, &error),
        ReleaseError::NotDue { .. } => Refusal::internal(error),
        ReleaseError::Ledger(error) => ledger(error),
    }
}

fn resolved(resolution: Resolution, error: &impl Error) -> Refusal {
    let state = match resolution {
        Resolution::Confirmed => "CONFIRMED",
        Resolution::Released => "RELEASED",
        Resolution::TimedOut => "TIMED_OUT",
    };
    precondition(ErrorReason::HoldAlreadyResolved, error).metadata("state", state)
}

fn precondition(reason: ErrorReason, error: &impl Error) -> Refusal {
    Refusal::new(Code::FailedPrecondition, reason, error.to_string())
}

#[track_caller]
fn database(error: DatabaseError) -> Refusal {
    // The member's row was not had in time: others are at work on it, and will be done.
    let is_locked = error.is_locked_out();
    if is_locked || error.is_unavailable() || error.is_serialization_or_deadlock() {
        let message = "the database can't do it now";
        return Refusal::new(Code::Unavailable, Common::Unavailable, message).retry_after(LATER);
    }
    if error.is_timeout() {
        return deadline_exceeded();
    }
    Refusal::internal(error)
}

fn deadline_exceeded() -> Refusal {
    let message = "the time for the call is over";
    Refusal::new(Code::DeadlineExceeded, Common::DeadlineExceeded, message)
}
