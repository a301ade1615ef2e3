//! Earning rules for a time, an audience and a budget.

use calendar::Recurrence;

use super::{CampaignId, EarningRule, SegmentId, TimeWindow};
use crate::domain::Points;

/// Earning rules for a time, an audience and a budget.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// Its name.
    pub display_name: String,
    /// When it runs.
    pub window: TimeWindow,
    /// The local days on which it runs; `None`: every day. A rule that counts (intervals, `COUNT`)
    /// counts from the day of the window's start, without one from 2000-01-01.
    pub days: Option<Recurrence>,
    /// Members of at least one of these. Empty: all members.
    pub segment_ids: Vec<SegmentId>,
    /// Purchases and acts in one of these channels. Empty: all channels.
    pub channels: Vec<String>,
    /// The most points that it awards to all members together; `None`: no limit.
    pub budget: Option<Points>,
    /// What it awards.
    pub rules: Vec<EarningRule>,
}
