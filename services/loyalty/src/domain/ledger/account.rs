/// Where points can stand. The first four exist once for each wallet, the others once for each
/// point currency of a program.
///
/// An account of a wallet holds what the program owes its owner: points put in count positive. The
/// program's accounts are the other side, so issuance stands below 0 by what was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// They can be spent.
    Available,
    /// Earned, but not usable yet.
    Pending,
    /// Reserved for redemptions under way.
    Held,
    /// What is owed. Never above 0: a debt of 5 is a balance of -5.
    Debt,
    /// Points come into being here, and return here when an earning is taken back.
    Issuance,
    /// Where spent points go.
    Redemption,
    /// Where lapsed points go.
    Expiry,
    /// The other side of corrections by hand.
    Adjustment,
    /// Points on their way from one wallet to another.
    Transfer,
}

impl Account {
    /// True for the accounts of a wallet.
    pub const fn is_wallets(self) -> bool {
        matches!(
            self,
            Self::Available | Self::Pending | Self::Held | Self::Debt
        )
    }

    /// True for the accounts whose points lie in lots.
    pub const fn has_lots(self) -> bool {
        matches!(self, Self::Available | Self::Pending | Self::Held)
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Debt => "debt",
            Self::Issuance => "issuance",
            Self::Redemption => "redemption",
            Self::Expiry => "expiry",
            Self::Adjustment => "adjustment",
            Self::Transfer => "transfer",
        }
    }
}
