use events::OutboxError;
use postgres::DatabaseError;

use super::ProgramsError;
use super::adjustments::AdjustmentsError;
use super::benefits::BenefitsError;
use super::challenges::ChallengesError;
use super::coupons::CouponsError;
use super::draws::DrawsError;
use super::households::HouseholdsError;
use super::membership::MembershipError;
use super::rating::RatingError;
use super::referrals::ReferralsError;
use super::rewards::RewardsError;
use super::tiers::TiersError;
use super::transfers::TransfersError;
use crate::domain::ledger::{
    ConfirmError, EarnError, HoldError, HouseholdError, LedgerError, RedateError, RedeemError,
    ReleaseError, RestoreError, WalletId, WalletIdError,
};
use crate::store::StoreError;

/// Why a use case was not carried out. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    /// The customer is no member.
    #[error("the customer is no member")]
    MemberNotFound,
    /// The customer was erased.
    #[error("the customer was erased")]
    CustomerErased,
    /// There is no such program.
    #[error("there is no program {program_id}")]
    ProgramNotFound {
        /// What was asked for.
        program_id: String,
    },
    /// Something is not done with a program.
    #[error(transparent)]
    Programs(#[from] ProgramsError),
    /// Something is not done with a referral.
    #[error(transparent)]
    Referrals(#[from] ReferralsError),
    /// Something is not done in a challenge.
    #[error(transparent)]
    Challenges(#[from] ChallengesError),
    /// Something is not done in a draw.
    #[error(transparent)]
    Draws(#[from] DrawsError),
    /// The member has no such redemption.
    #[error("the member has no such redemption")]
    RedemptionNotFound,
    /// The member has no such credit.
    #[error("the member has no such credit")]
    AccrualNotFound,
    /// The member has no such hold.
    #[error("the member has no such hold")]
    HoldNotFound,
    /// The program has no such point currency.
    #[error("the program has no point currency {wallet_id}")]
    WalletNotFound {
        /// What was asked for.
        wallet_id: WalletId,
    },
    /// Something is said to have happened that lies ahead.
    #[error("{field} lies in the future")]
    InTheFuture {
        /// The field that says so.
        field: &'static str,
    },
    /// Memberships were merged in a circle, or too often.
    #[error("the membership that goes on can't be found")]
    MergedTooOften,
    /// A hold is to last longer than any may.
    #[error("points can't be held for so long")]
    HoldTerm,
    /// There is no such verification.
    #[error("there is no such verification")]
    VerificationNotFound,
    /// Another replica has taken the verification over.
    #[error("another replica has taken the verification over")]
    VerificationTaken,
    /// The report of a verification can't be signed.
    #[error("the report can't be signed")]
    Sign(#[from] access::SignError),
    /// The caller's time was over before it was the caller's turn.
    #[error("the deadline passed while others were served")]
    DeadlinePassed,
    /// What is asked of rewards is not done.
    #[error(transparent)]
    Rewards(#[from] RewardsError),
    /// What is asked of tiers is not done.
    #[error(transparent)]
    Tiers(#[from] TiersError),
    /// What is asked of benefits is not done.
    #[error(transparent)]
    Benefits(#[from] BenefitsError),
    /// The end of points is not moved.
    #[error(transparent)]
    Redate(#[from] RedateError),
    /// What is asked of coupons is not done.
    #[error(transparent)]
    Coupons(#[from] CouponsError),
    /// An id that this service wrote itself can't be read.
    #[error("an id can't be read")]
    Id(#[from] uuid::Error),
    /// Spent points are not given back.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// Something about purchases and acts is refused.
    #[error(transparent)]
    Rating(#[from] RatingError),
    /// Requests of a batch were there before, again and again.
    #[error("requests that were there before have come again and again")]
    TooManyRepeats,
    /// What is asked of a membership is not done.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// What is asked of a household is not done.
    #[error(transparent)]
    Households(#[from] HouseholdsError),
    /// Points do not come together.
    #[error(transparent)]
    Household(#[from] HouseholdError),
    /// Points are not sent.
    #[error(transparent)]
    Transfers(#[from] TransfersError),
    /// A correction is not made.
    #[error(transparent)]
    Adjustments(#[from] AdjustmentsError),
    /// The points are not earned.
    #[error(transparent)]
    Earn(#[from] EarnError),
    /// The points are not spent.
    #[error(transparent)]
    Redeem(#[from] RedeemError),
    /// The points are not reserved.
    #[error(transparent)]
    Hold(#[from] HoldError),
    /// The held points are not spent.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// The held points are not given back.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The ledger can't carry it out.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A program has a point currency without a proper code.
    #[error(transparent)]
    WalletId(#[from] WalletIdError),
    /// Rows could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be announced.
    #[error("it could not be announced")]
    Outbox(#[from] OutboxError),
}

impl AppError {
    /// What the database says, where it is the database's fault.
    pub(crate) fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Store(StoreError::Database(error))
            | Self::Outbox(OutboxError::Database(error)) => Some(error),
            _ => None,
        }
    }

    /// Whether the database is away or busy, so that the same may work in a moment. A statement that took too
    /// long does not count: it may do so each time, and keep all others waiting for ever.
    pub(crate) fn is_passing(&self) -> bool {
        self.database().is_some_and(|error| {
            error.is_unavailable() || error.is_serialization_or_deadlock() || error.is_locked_out()
        })
    }
}

impl From<DatabaseError> for AppError {
    fn from(error: DatabaseError) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
