use crate::domain::referrals::LineageError;

/// Why a referral is not made or not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReferralsError {
    /// Nobody has the code.
    #[error("no member has that referral code")]
    CodeNotFound,
    /// The member may not do anything.
    #[error("the membership is suspended or closed")]
    NotActive,
    /// The program has no referrals.
    #[error("the program rewards nobody for bringing others")]
    NotOffered,
    /// The member has said so before.
    #[error("the member has said before who brought it")]
    AlreadyClaimed,
    /// The member has bought before.
    #[error("the member has bought before: order {order_id}")]
    AfterPurchase {
        /// What.
        order_id: String,
    },
    /// Oneself, or a ring.
    #[error(transparent)]
    Lineage(#[from] LineageError),
    /// Those who brought each other changed each time that they were looked at.
    #[error("others of the same line were at work")]
    Busy,
    /// There is no such referral.
    #[error("the member has no such referral")]
    NotFound,
    /// All codes that a member can have are taken, which does not happen.
    #[error("the member can't be given a code")]
    NoCode,
}
