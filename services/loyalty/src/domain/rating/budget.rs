use std::collections::BTreeMap;

use crate::domain::Points;
use crate::domain::program::{Campaign, CampaignId};

/// What campaigns have awarded to all members together. Whoever rates holds their rows locked, so
/// what is taken here is taken for good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    spent: BTreeMap<CampaignId, Points>,
}

impl Budgets {
    /// Notes what a campaign has awarded so far.
    pub fn set(&mut self, campaign_id: CampaignId, spent: Points) {
        self.spent.insert(campaign_id, spent);
    }

    /// What campaigns have awarded, those of which it was noted or that have awarded since.
    pub fn spent(&self) -> impl Iterator<Item = (&CampaignId, Points)> {
        self.spent.iter().map(|(id, spent)| (id, *spent))
    }

    /// What is left for a campaign to award; `None`: it has no limit.
    pub fn left(&self, campaign: &Campaign) -> Option<Points> {
        let spent = self.spent.get(&campaign.campaign_id).copied();
        let left = campaign.budget?.minus(spent.unwrap_or_default());
        Some(left.unwrap_or_default().max(Points::ZERO))
    }

    /// Takes as much of `wanted` as is left: to the last point, and never more.
    pub(super) fn take(&mut self, campaign: &Campaign, wanted: Points) -> Points {
        let Some(left) = self.left(campaign) else {
            return wanted;
        };
        let granted = wanted.min(left);
        self.add(&campaign.campaign_id, granted);
        granted
    }

    /// Puts back what a campaign had awarded: what was bought was returned, or is rated anew.
    pub fn give_back(&mut self, campaign_id: &CampaignId, points: Points) {
        let spent = self.spent.entry(campaign_id.clone()).or_default();
        *spent = spent.minus(points).unwrap_or_default().max(Points::ZERO);
    }

    fn add(&mut self, campaign_id: &CampaignId, points: Points) {
        let spent = self.spent.entry(campaign_id.clone()).or_default();
        // What was left fits, and so does the sum with what was spent: it is at most the budget.
        *spent = spent.plus(points).unwrap_or(Points::new(i64::MAX));
    }
}
