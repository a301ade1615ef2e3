use ::contract::checks::At;
use contract::patron::loyalty::v1 as contract;

use super::values::{or, times};
use super::{Fault, Reader};
use crate::domain::program::ReferralPolicy;

impl<'d> Reader<'d> {
    pub(super) fn referrals(
        &mut self,
        at: &At<'_>,
        policy: &'d contract::ReferralPolicy,
    ) -> Option<ReferralPolicy> {
        let minimum_order =
            self.optional_money(at, "minimum_order", policy.minimum_order.as_ref(), 0);
        let referrer = self.list(at, "referrer_grants", &policy.referrer_grants, Self::grant);
        let referee = self.list(at, "referee_grants", &policy.referee_grants, Self::grant);
        if policy.referrer_grants.is_empty() && policy.referee_grants.is_empty() {
            self.problems
                .add(at, Fault::NoneOf("referrer_grants, referee_grants"));
        }
        let days = ReferralPolicy::DEFAULT_ATTRIBUTION_DAYS;
        Some(ReferralPolicy {
            attribution_days: or(policy.attribution_days, days),
            minimum_order: minimum_order?,
            referrer_grants: referrer?,
            referee_grants: referee?,
            referrer_limit: times(policy.referrer_limit, policy.referrer_period()),
            ring_depth: or(policy.ring_depth, ReferralPolicy::DEFAULT_RING_DEPTH),
        })
    }
}
