use jiff::civil::Date;
use uuid::Uuid;

/// Why nothing changes on a ladder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TiersError {
    /// The program has no such ladder.
    #[error("the program has no ladder {ladder_id}")]
    LadderNotFound {
        /// What was asked for.
        ladder_id: String,
    },
    /// The ladder has no such tier.
    #[error("the ladder {ladder_id} has no tier {tier_id}")]
    TierNotFound {
        /// The ladder.
        ladder_id: String,
        /// What was asked for.
        tier_id: String,
    },
    /// The gift would be over before it begins.
    #[error("the last day {until} is past; today is {today}")]
    OverAlready {
        /// The last day.
        until: Date,
        /// Today, in the program's zone.
        today: Date,
    },
    /// The member was given no such tier.
    #[error("the member has no gift {gift_id}")]
    GiftNotFound {
        /// What was asked for.
        gift_id: Uuid,
    },
    /// The gift has ended before.
    #[error("the gift {gift_id} has ended")]
    GiftEnded {
        /// Which.
        gift_id: Uuid,
    },
    /// The membership has ended.
    #[error("the membership has ended")]
    Closed,
}
