/// Why something about purchases and acts is refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RatingError {
    /// The member has done no such thing.
    #[error("the member has no such act")]
    ActivityNotFound,
    /// The member has not bought that.
    #[error("the member has no such purchase")]
    SaleNotFound,
    /// The membership has ended.
    #[error("the membership has ended")]
    MembershipEnded,
    /// Nothing is parked there.
    #[error("nothing of that order or act is parked")]
    ParkedNotFound,
}
