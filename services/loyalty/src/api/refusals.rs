//! The one place where errors of this service become what its callers see.

use std::time::Duration;

use chassis::Refusal;
use contract::patron::loyalty::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use events::OutboxError;
use postgres::DatabaseError;
use tonic::{Code, Status};

use crate::app::AppError;
use crate::domain::RedeemError;
use crate::store::StoreError;

/// When to try again after the database was away or busy.
const LATER: Duration = Duration::from_secs(1);
/// SQLSTATE of a lock that was not had within the time-out for locks.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// An error as the status of a call.
#[track_caller]
pub(super) fn refuse(error: AppError) -> Status {
    Refusal::from(error).into()
}

impl From<AppError> for Refusal {
    #[track_caller]
    fn from(error: AppError) -> Self {
        match error {
            AppError::MemberNotFound => Self::new(
                Code::NotFound,
                ErrorReason::MemberNotFound,
                error.to_string(),
            ),
            AppError::ProgramNotFound { .. } => Self::new(
                Code::NotFound,
                ErrorReason::ProgramNotFound,
                error.to_string(),
            ),
            AppError::RedemptionNotFound => Self::new(
                Code::NotFound,
                ErrorReason::RedemptionNotFound,
                error.to_string(),
            ),
            AppError::DeadlinePassed => deadline_exceeded(),
            AppError::Redeem(error) => not_redeemed(error),
            AppError::Store(StoreError::Database(error))
            | AppError::Outbox(OutboxError::Database(error)) => database(error),
            AppError::Sale(_) | AppError::Ledger(_) | AppError::Store(_) | AppError::Outbox(_) => {
                Self::internal(error)
            }
        }
    }
}

#[track_caller]
fn not_redeemed(error: RedeemError) -> Refusal {
    let refuse = |reason| Refusal::new(Code::FailedPrecondition, reason, error.to_string());
    match error {
        RedeemError::NotActive => refuse(ErrorReason::MemberNotActive),
        RedeemError::BelowMinimum { minimum } => {
            refuse(ErrorReason::BelowMinimumRedemption).metadata("minimum", minimum.to_string())
        }
        RedeemError::Insufficient {
            available,
            required,
        } => refuse(ErrorReason::InsufficientPoints)
            .metadata("available", available.to_string())
            .metadata("required", required.to_string()),
        RedeemError::Ledger(error) => Refusal::internal(error),
    }
}

#[track_caller]
fn database(error: DatabaseError) -> Refusal {
    // The member's row was not had in time: others are at work on it, and will be done.
    let is_locked = error.sql_state().as_deref() == Some(LOCK_NOT_AVAILABLE);
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
