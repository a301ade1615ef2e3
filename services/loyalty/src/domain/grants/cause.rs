/// Why a member is given something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantCause {
    /// By what.
    pub kind: CauseKind,
    /// Which package, milestone, referral, ticket or order, in a form that is the same each time:
    /// `birthday/2026`, a referral's id.
    pub id: String,
}

/// By what a member is given something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CauseKind {
    /// A package.
    Package,
    /// A milestone of a challenge.
    Challenge,
    /// A referral.
    Referral,
    /// A draw.
    Draw,
    /// A reward that was ordered.
    RewardOrder,
    /// Somebody, by hand.
    Hand,
}

impl GrantCause {
    /// A cause.
    pub fn new(kind: CauseKind, id: impl Into<String>) -> Self {
        let id = id.into();
        Self { kind, id }
    }
}

impl CauseKind {
    /// Its name, as references in the ledger begin.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Challenge => "challenge",
            Self::Referral => "referral",
            Self::Draw => "draw",
            Self::RewardOrder => "reward-order",
            Self::Hand => "hand",
        }
    }
}
