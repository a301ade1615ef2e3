use calendar::Zone;

use super::{
    AdjustmentPolicy, Benefit, Campaign, Challenge, CouponTemplate, Draw, EarningRule,
    HouseholdPolicy, Package, ProgramId, ReferralPolicy, Reward, TierLadder, WalletId,
    WalletPolicy,
};

/// One version of a program. It never changes; a change is the next version, and lots, holds and
/// sales keep the one that they were made under.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program.
    pub program_id: ProgramId,
    /// The version, from 1.
    pub version: i64,
    /// What it says.
    pub document: Document,
}

/// Everything that a program consists of.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name, as members see it.
    pub display_name: String,
    /// The zone in which its days, months and years begin.
    pub zone: Zone,
    /// The point currency that is meant where none is named.
    pub main_wallet: WalletPolicy,
    /// The other point currencies.
    pub other_wallets: Vec<WalletPolicy>,
    /// What earns points.
    pub earning_rules: Vec<EarningRule>,
    /// Ladders of tiers.
    pub tier_ladders: Vec<TierLadder>,
    /// What tiers are entitled to besides points.
    pub benefits: Vec<Benefit>,
    /// What points can be spent on.
    pub rewards: Vec<Reward>,
    /// Kinds of coupon.
    pub coupon_templates: Vec<CouponTemplate>,
    /// Earning rules for a time, an audience and a budget.
    pub campaigns: Vec<Campaign>,
    /// What members are given on occasions.
    pub packages: Vec<Package>,
    /// Goals that members reach by doing things.
    pub challenges: Vec<Challenge>,
    /// Prize draws.
    pub draws: Vec<Draw>,
    /// Rewards for bringing others; `None`: there are none.
    pub referrals: Option<ReferralPolicy>,
    /// Pools that households share; `None`: there are none.
    pub households: Option<HouseholdPolicy>,
    /// Corrections by hand.
    pub adjustments: AdjustmentPolicy,
}

impl Document {
    /// All point currencies, the main one first.
    pub fn wallets(&self) -> impl Iterator<Item = &WalletPolicy> {
        std::iter::once(&self.main_wallet).chain(&self.other_wallets)
    }

    /// A point currency.
    pub fn wallet(&self, wallet_id: WalletId) -> Option<&WalletPolicy> {
        self.wallets().find(|wallet| wallet.wallet_id == wallet_id)
    }

    /// A ladder.
    pub fn ladder(&self, ladder_id: &str) -> Option<&TierLadder> {
        let mut ladders = self.tier_ladders.iter();
        ladders.find(|ladder| ladder.ladder_id.as_str() == ladder_id)
    }

    /// A benefit.
    pub fn benefit(&self, benefit_id: &str) -> Option<&Benefit> {
        let mut benefits = self.benefits.iter();
        benefits.find(|benefit| benefit.benefit_id.as_str() == benefit_id)
    }

    /// A reward.
    pub fn reward(&self, reward_id: &str) -> Option<&Reward> {
        let mut rewards = self.rewards.iter();
        rewards.find(|reward| reward.reward_id.as_str() == reward_id)
    }

    /// A kind of coupon.
    pub fn coupon_template(&self, template_id: &str) -> Option<&CouponTemplate> {
        let mut templates = self.coupon_templates.iter();
        templates.find(|template| template.template_id.as_str() == template_id)
    }

    /// A campaign.
    pub fn campaign(&self, campaign_id: &str) -> Option<&Campaign> {
        let mut campaigns = self.campaigns.iter();
        campaigns.find(|campaign| campaign.campaign_id.as_str() == campaign_id)
    }

    /// A challenge.
    pub fn challenge(&self, challenge_id: &str) -> Option<&Challenge> {
        let mut challenges = self.challenges.iter();
        challenges.find(|challenge| challenge.challenge_id.as_str() == challenge_id)
    }

    /// A draw.
    pub fn draw(&self, draw_id: &str) -> Option<&Draw> {
        let mut draws = self.draws.iter();
        draws.find(|draw| draw.draw_id.as_str() == draw_id)
    }
}
