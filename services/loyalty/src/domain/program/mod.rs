//! A loyalty program as one document, sound and ready for use: ids resolved, defaults filled in,
//! expressions compiled.
//!
//! Each section mirrors the part of the contract of the same name (`proto/patron/loyalty/v1/
//! document*.proto`), where it is explained. Documents are read by `wire/program`, which refuses
//! those that are not sound; so what stands here holds:
//! - every id that one part says of another exists, also the main wallet where none was named;
//! - a limit of 0, where the contract says "without a limit", is `None`;
//! - lists that the contract calls ascending are.

mod benefits;
mod campaigns;
mod challenges;
mod common;
mod condition;
mod coupons;
mod document;
mod draws;
mod earning;
mod grants;
mod ids;
mod packages;
mod people;
mod referrals;
mod rewards;
mod schedule;
mod tiers;
mod vocabulary;
mod wallets;
mod warnings;

pub use super::ledger::{DebtPolicy, WalletId, WalletIdError};
pub use benefits::{Benefit, BenefitKind};
pub use campaigns::Campaign;
pub use challenges::{Challenge, Counted, Goal, Measure, Milestone, Question};
pub use common::{Limit, Ratio, TierGate, TimeWindow};
pub use condition::Condition;
pub use coupons::{CouponTemplate, CouponValue, OnReturn};
pub use document::{Document, Program};
pub use draws::{Draw, DrawMode, Prize};
pub use earning::{Award, Bracket, Cap, EarningRule, Stacking, StackingGroup, Trigger};
pub use grants::Grant;
pub use ids::{
    ActivityType, BadgeId, BenefitId, CampaignId, ChallengeId, DrawId, LadderId, PackageId,
    PrizeId, ProgramId, QuestionId, RewardId, RuleId, SegmentId, TemplateId, TierId,
};
pub use packages::{Package, PackageOccasion};
pub use people::{AdjustmentPolicy, HouseholdPolicy, SpendingLimit};
pub use referrals::ReferralPolicy;
pub use rewards::{Presale, Reward, RewardKind};
pub use schedule::{Schedule, Turn, TurnError, VersionState};
pub use tiers::{Downgrade, Metric, MetricWindow, Tier, TierLadder};
pub use vocabulary::{MOST_SEGMENTS, Vocabulary};
pub use wallets::{
    ExpiryPolicy, PendingPolicy, PointRounding, PointValue, RedemptionPolicy, RoundingScope,
    WalletPolicy,
};
pub use warnings::{Warning, warnings};
