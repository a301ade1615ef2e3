use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::program::{CampaignId, LadderId, RuleId, TierId};
use crate::domain::{LedgerError, Points, WalletId};

/// What a purchase or an act came to in one point currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earned {
    /// The point currency.
    pub wallet_id: WalletId,
    /// When it was bought or done.
    pub at: Timestamp,
    /// When the points lapse; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Points before any return.
    pub issued: Points,
    /// Points that returns left.
    pub kept: Points,
    /// What each rule has of the points that are left.
    pub rules: Vec<RulePoints>,
}

/// What a rule awarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePoints {
    /// The rule.
    pub rule_id: RuleId,
    /// The campaign that it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// Points.
    pub points: Points,
}

/// One outcome of a member's past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// What each purchase and act came to.
    pub earned: Vec<Earned>,
    /// Where the member stands at the end, on each ladder; `None`: on no tier.
    pub tiers: BTreeMap<LadderId, Option<TierId>>,
}

/// A member's past, as it would have been and as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub customer_id: Uuid,
    /// As it would have been.
    pub simulated: Side,
    /// As it was.
    pub actual: Side,
}

impl Side {
    /// Points of a currency that returns left.
    pub fn kept(&self, wallet_id: WalletId) -> Result<Points, LedgerError> {
        let own = self
            .earned
            .iter()
            .filter(|earned| earned.wallet_id == wallet_id);
        own.map(|earned| earned.kept)
            .try_fold(Points::ZERO, Points::plus)
    }
}
