use uuid::Uuid;

/// Why a benefit is not used. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BenefitsError {
    /// The program has no such benefit.
    #[error("the program has no benefit {benefit_id}")]
    NotFound {
        /// What was asked for.
        benefit_id: String,
    },
    /// It is for others.
    #[error("the benefit is for members of other tiers")]
    NotEntitled,
    /// The member has used it as often as allowed.
    #[error("the benefit was used as often as {period} allows: {quota} times")]
    QuotaUsedUp {
        /// The period.
        period: String,
        /// How often.
        quota: u32,
    },
    /// All members together have used it up.
    #[error("the benefit is used up")]
    StockUsedUp,
    /// The membership is suspended or closed.
    #[error("the membership is not active")]
    NotActive,
    /// The member has made no such use.
    #[error("the member has made no use {benefit_use_id}")]
    UseNotFound {
        /// What was asked for.
        benefit_use_id: Uuid,
    },
    /// The use was taken back before.
    #[error("the use was taken back before")]
    Returned,
}
