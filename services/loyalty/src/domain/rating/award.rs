use calendar::Period;

use crate::domain::Points;
use crate::domain::program::{CampaignId, RuleId, WalletId};

use super::Fraction;

/// What something earns, and what it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rating {
    /// What rules award, in the order in which they were applied.
    pub awards: Vec<Award>,
    /// Rules that looked at it and award nothing.
    pub not_awarded: Vec<NotAwarded>,
}

/// What one rule awards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Award {
    /// The rule.
    pub rule_id: RuleId,
    /// The campaign that it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// The point currency.
    pub wallet_id: WalletId,
    /// Who pays for it; `None`: the program.
    pub funding_partner: Option<String>,
    /// What it came to before it was rounded.
    pub exact: Fraction,
    /// After rounding.
    pub rounded: Points,
    /// What its caps and the budget left of that: the award.
    pub points: Points,
    /// What took something off.
    pub limits: Vec<Limited>,
    /// Shares of the basket's lines, by place; empty for an act.
    pub lines: Vec<Points>,
}

/// A rule that awards nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAwarded {
    /// The rule.
    pub rule_id: RuleId,
    /// Why.
    pub why: WhyNot,
}

/// Why a rule awards nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// Its campaign does not run then.
    CampaignNotRunning,
    /// Its campaign is for other channels.
    OtherChannel,
    /// Its campaign is for members of other segments.
    OtherSegment,
    /// Its condition does not hold.
    ConditionNotMet,
    /// There is no line that it looks at.
    NoLine,
    /// It awarded too short a time ago.
    CoolingDown,
    /// It comes to no whole point.
    WorthNothing,
    /// Its caps leave nothing.
    Capped {
        /// Those that do.
        limits: Vec<Limited>,
    },
    /// Another rule of its group applies.
    Excluded {
        /// The rule that applies.
        by: RuleId,
    },
    /// The budget of its campaign is spent.
    BudgetSpent {
        /// All of it.
        budget: Points,
    },
}

/// A limit that took something off an award.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limited {
    /// Which.
    pub which: WhichLimit,
    /// The limit: points or times.
    pub limit: i64,
    /// What of it was used before.
    pub used_before: i64,
}

/// A limit of awards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichLimit {
    /// Points of one member in a period.
    CapPoints(Period),
    /// Times for one member in a period.
    CapTimes(Period),
    /// Points of a campaign for all members together.
    Budget,
}

impl Rating {
    /// What it earns in a wallet.
    pub fn points(&self, wallet_id: WalletId) -> Option<Points> {
        self.awards
            .iter()
            .filter(|award| award.wallet_id == wallet_id)
            .try_fold(Points::ZERO, |sum, award| sum.plus(award.points).ok())
    }

    pub(super) fn skip(&mut self, rule_id: &RuleId, why: WhyNot) {
        self.not_awarded.push(NotAwarded {
            rule_id: rule_id.clone(),
            why,
        });
    }
}
