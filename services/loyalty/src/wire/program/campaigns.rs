use ::contract::checks::At;
use calendar::{Recurrence, Zone};
use contract::patron::loyalty::v1 as contract;
use jiff::civil::{Date, date};

use super::reader::Perhaps;
use super::values::point_limit;
use super::{Fault, Reader};
use crate::domain::program::{Campaign, CampaignId, SegmentId, TimeWindow};

/// From when recurrences of campaigns without a start count.
const FIRST_DAY: Date = date(2000, 1, 1);

impl<'d> Reader<'d> {
    pub(super) fn campaign(
        &mut self,
        at: &At<'_>,
        campaign: &'d contract::Campaign,
        zone: Option<&Zone>,
    ) -> Option<Campaign> {
        let (start, end) = (campaign.start_time.as_ref(), campaign.end_time.as_ref());
        let window = self.window(at, start, end);
        let days = self.recurrence(at, &campaign.recurrence, window, zone);
        let segment_ids = campaign.segment_ids.iter();
        let rules = self.list(at, "rules", &campaign.rules, Self::rule);
        Some(Campaign {
            campaign_id: CampaignId::new(&campaign.campaign_id),
            display_name: campaign.display_name.clone(),
            window: window?,
            days: days?,
            segment_ids: segment_ids.map(|id| SegmentId::new(id)).collect(),
            channels: campaign.channels.clone(),
            budget: point_limit(campaign.budget_points),
            rules: rules?,
        })
    }

    fn recurrence(
        &mut self,
        at: &At<'_>,
        rule: &str,
        window: Option<TimeWindow>,
        zone: Option<&Zone>,
    ) -> Option<Perhaps<Recurrence>> {
        if rule.is_empty() {
            return Some(None);
        }
        let start = window.and_then(|window| window.start).zip(zone);
        let first_day = start.map_or(FIRST_DAY, |(start, zone)| zone.date_of(start));
        let parsed = Recurrence::parse(rule, first_day).map_err(|error| {
            let fault = Fault::Recurrence(error);
            self.problems.add(&at.field("recurrence"), fault);
        });
        parsed.map(Some).ok()
    }
}
