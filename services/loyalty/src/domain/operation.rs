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
    /// The entries: those of the member first, one for each lot touched.
    pub entries: Vec<Entry>,
}

/// Points into or out of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The entry.
    pub entry_id: Uuid,
    /// 1, 2, 3 … without gaps for each member, so that a lost entry shows.
    pub entry_number: i64,
    /// The account.
    pub account: Account,
    /// Points in (positive) or out (negative).
    pub amount: Points,
    /// The balance after it, for accounts of the member. Those of the program have none: a running
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
    /// Debt repaid from what was earned.
    RepayDebt,
    /// Points that lapsed.
    Expire,
    /// Spent points given back.
    Restore,
    /// Put right by hand.
    Adjust,
    /// Moved to or from another member.
    Transfer,
}

impl Kind {
    /// The program's account on the other side: an operation of this kind has one entry there.
    /// `None` for what happens between the accounts of one member.
    pub const fn against(self) -> Option<Account> {
        match self {
            Self::Earn | Self::ClawBack => Some(Account::Issuance),
            Self::Redeem | Self::Restore => Some(Account::Redemption),
            Self::RepayDebt => None,
            Self::Expire => Some(Account::Expiry),
            Self::Adjust => Some(Account::Adjustment),
            Self::Transfer => Some(Account::Transfer),
        }
    }
}
