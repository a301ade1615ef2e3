use crate::domain::coupons::{BasketError, Code, CouponError, Inapplicable, ReservationEnded};
use crate::domain::rating::ConditionError;

/// Why something is not done with coupons. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CouponsError {
    /// There is no such coupon, batch or reservation.
    #[error("there is no such {resource}")]
    NotFound {
        /// What was looked for.
        resource: &'static str,
    },
    /// The program has no such template.
    #[error("the program has no coupon template {template_id}")]
    TemplateNotFound {
        /// What was asked for.
        template_id: String,
    },
    /// More would be issued than the template allows.
    #[error("the template allows {left} coupons more")]
    IssueLimit {
        /// How many more are allowed.
        left: i64,
    },
    /// It is neither said how many are to be issued, nor to whom; or both.
    #[error("either a count or members are to be named")]
    IssueToWhom,
    /// The same member is named twice.
    #[error("a member is named twice")]
    MemberTwice,
    /// One coupon stands in the way.
    #[error("{error}")]
    Coupon {
        /// Which.
        code: Code,
        /// Why.
        error: CouponError,
    },
    /// A coupon does not go with the basket.
    #[error(transparent)]
    Inapplicable(#[from] Inapplicable),
    /// The basket can't be used.
    #[error(transparent)]
    Basket(#[from] BasketError),
    /// The reservation was ended before.
    #[error(transparent)]
    Ended(#[from] ReservationEnded),
    /// A reservation is to last longer than any may.
    #[error("coupons can't be reserved for so long")]
    Term,
    /// The condition of a template can't be evaluated for this basket.
    #[error("the condition of the template can't be evaluated")]
    Condition(#[from] ConditionError),
    /// No random bytes are to be had.
    #[error("the system gives no random bytes")]
    Random(#[from] getrandom::Error),
    /// So many codes were taken already that there must be something wrong.
    #[error("no free codes were found")]
    NoFreeCodes,
}
