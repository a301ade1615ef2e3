/// Where points can stand. The first four exist once for each member, the others once for each
/// program.
///
/// An account of a member holds what the program owes it: points put in count positive. The
/// program's accounts are the other side, so issuance stands below 0 by what was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// The member can spend them.
    Available,
    /// Earned, but not usable yet.
    Pending,
    /// Reserved for redemptions under way.
    Held,
    /// What the member owes. Never above 0: a debt of 5 is a balance of -5.
    Debt,
    /// Points come into being here, and return here when an earning is taken back.
    Issuance,
    /// Where spent points go.
    Redemption,
    /// Where lapsed points go.
    Expiry,
    /// The other side of corrections by hand.
    Adjustment,
    /// Points on their way from one member to another.
    Transfer,
}

impl Account {
    /// True for the accounts of a member.
    pub const fn is_members(self) -> bool {
        matches!(
            self,
            Self::Available | Self::Pending | Self::Held | Self::Debt
        )
    }

    /// True for the accounts whose points lie in lots.
    pub const fn has_lots(self) -> bool {
        matches!(self, Self::Available | Self::Pending | Self::Held)
    }
}
