use uuid::Uuid;

use crate::domain::ledger::{MergeError, Points, WalletId};
use crate::domain::membership::{CardNumberError, StepError};

/// Why something is not done with a membership. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MembershipError {
    /// The customer is a member.
    #[error("the customer is a member already")]
    AlreadyEnrolled {
        /// Of which program.
        program_id: String,
    },
    /// The membership is in another state.
    #[error(transparent)]
    Step(#[from] StepError),
    /// Points are held.
    #[error("{held} points are held")]
    OpenHolds {
        /// How many.
        held: Points,
    },
    /// There are points, and nobody has said that they lapse.
    #[error("the member has {points} points")]
    HasPoints {
        /// How many.
        points: Points,
    },
    /// The member shares points with others.
    #[error("the member is in a household")]
    InHousehold,
    /// There is no valid card of that number.
    #[error("there is no valid card of that number")]
    CardNotFound,
    /// It is no card number.
    #[error(transparent)]
    CardNumber(#[from] CardNumberError),
    /// No number was free.
    #[error("no card number was free")]
    NoCardNumber,
    /// A membership is to be merged into itself.
    #[error("a membership can't be merged into itself")]
    MergeOfOne,
    /// The memberships are of different programs.
    #[error("the memberships are of different programs")]
    OtherProgram,
    /// There is no such merge.
    #[error("there is no such merge")]
    MergeNotFound,
    /// The merge was undone.
    #[error("the merge was undone before")]
    AlreadyUndone,
    /// The membership that took the other one in was itself taken in.
    #[error("the membership was merged on; the later merge is undone first")]
    MergedOn {
        /// Into which.
        into: Uuid,
    },
    /// The membership shares points with others, so what came over lies in their pool.
    #[error("the member is in a household")]
    UnmergeInHousehold,
    /// Points can't be moved.
    #[error("points of {wallet_id} can't be moved: {source}")]
    Wallet {
        /// Which.
        wallet_id: WalletId,
        /// Why.
        source: MergeError,
    },
}
