use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, Points};

/// One balanced movement of points: its entries add up to 0. Written once, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The operation.
    pub operation_id: Uuid,
    /// What kind of movement it is.
    pub kind: Kind,
    /// What caused it: an order id, a return id, a redemption id.
    pub reference: String,
    /// When that happened.
    pub effective_at: Timestamp,
    /// When it was written.
    pub recorded_at: Timestamp,
    /// The entries: those of the wallet first, one for each lot touched.
    pub entries: Vec<Entry>,
}

/// Points into or out of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3 … without gaps for each wallet, so that a lost entry shows.
    pub entry_number: i64,
    /// The account.
    pub account: Account,
    /// Points in (positive) or out (negative).
    pub amount: Points,
    /// The balance after it, for accounts of the wallet. Those of the program have none: a running
    /// balance of theirs would make every operation of the program wait for the one before.
    pub balance_after: Option<Points>,
    /// The lot, for accounts that have lots.
    pub lot_id: Option<Uuid>,
}

/// Kinds of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Points earned.
    Earn,
    /// Points spent.
    Redeem,
    /// Earned points taken back after a return.
    ClawBack,
    /// Debt repaid from what came in; owed again where a merge is undone that had brought the one or the
    /// other.
    RepayDebt,
    /// Points that lapsed; put in again where a return takes back points that had lapsed.
    Expire,
    /// Spent points given back.
    Restore,
    /// Put right by hand.
    Adjust,
    /// Moved to or from another wallet.
    Transfer,
    /// Reserved.
    Hold,
    /// Given back after they were reserved.
    Release,
    /// Pending points that can be spent from now on.
    Activate,
    /// Points whose end was moved: into a lot of their own.
    Redate,
}

impl Kind {
    /// The program's account on the other side: an operation of this kind has one entry there.
    /// `None` for what happens between the accounts of one wallet.
    pub const fn against(self) -> Option<Account> {
        match self {
            Self::Earn | Self::ClawBack => Some(Account::Issuance),
            Self::Redeem | Self::Restore => Some(Account::Redemption),
            Self::RepayDebt | Self::Hold | Self::Release | Self::Activate | Self::Redate => None,
            Self::Expire => Some(Account::Expiry),
            Self::Adjust => Some(Account::Adjustment),
            Self::Transfer => Some(Account::Transfer),
        }
    }

    /// Whether an operation of this kind may put points into an account of the wallet, or take them
    /// out of it.
    pub const fn permits(self, account: Account, amount: Points) -> bool {
        use Account::{Available, Debt, Held, Pending};
        if amount.is_positive() {
            match self {
                Self::Earn => matches!(account, Available | Pending),
                Self::RepayDebt | Self::Transfer => {
                    matches!(account, Available | Pending | Debt)
                }
                Self::Hold => matches!(account, Held),
                Self::Expire | Self::Restore | Self::Release | Self::Activate => {
                    matches!(account, Available)
                }
                Self::Adjust | Self::Redate => matches!(account, Available | Pending),
                Self::Redeem | Self::ClawBack => false,
            }
        } else {
            match self {
                Self::Redeem => matches!(account, Available | Held),
                Self::RepayDebt | Self::ClawBack | Self::Transfer => {
                    matches!(account, Available | Pending | Debt)
                }
                Self::Redate => matches!(account, Available | Pending),
                Self::Expire => matches!(account, Available | Pending | Held),
                Self::Adjust => matches!(account, Available | Debt),
                Self::Hold => matches!(account, Available),
                Self::Release => matches!(account, Held),
                Self::Activate => matches!(account, Pending),
                Self::Earn | Self::Restore => false,
            }
        }
    }
}
