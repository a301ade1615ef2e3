use ::contract::checks::At;
use contract::patron::loyalty::v1 as contract;

use super::Reader;
use super::values::{or, period, point_limit};
use crate::domain::Points;
use crate::domain::program::{AdjustmentPolicy, HouseholdPolicy, SpendingLimit, WalletId};

impl<'d> Reader<'d> {
    pub(super) fn households(
        &mut self,
        at: &At<'_>,
        policy: &'d contract::HouseholdPolicy,
    ) -> Option<HouseholdPolicy> {
        // The empty name, which means the first elsewhere, is refused by the contract's own rules.
        let pooled = self.list(
            at,
            "wallet_ids",
            &policy.wallet_ids,
            |reader, at, wallet| reader.wallet_id(at, wallet),
        )?;
        let all = || {
            self.names
                .wallets
                .iter()
                .filter_map(|name| WalletId::parse(name).ok())
        };
        Some(HouseholdPolicy {
            maximum_members: or(policy.maximum_members, HouseholdPolicy::DEFAULT_MEMBERS),
            wallet_ids: if pooled.is_empty() {
                all().collect()
            } else {
                pooled
            },
            spending_limit: point_limit(policy.spending_limit).map(|points| SpendingLimit {
                points,
                period: period(policy.spending_period()),
            }),
            monthly_transfer_limit: Points::new(policy.monthly_transfer_limit),
        })
    }
}

/// Nothing can be wrong with it but what the contract's own rules refuse.
pub(super) fn adjustments(policy: &contract::AdjustmentPolicy) -> AdjustmentPolicy {
    let maximum = point_limit(policy.maximum);
    AdjustmentPolicy {
        approval_from: Points::new(policy.approval_from),
        maximum: maximum.unwrap_or(AdjustmentPolicy::DEFAULT_MAXIMUM),
        decision_hours: or(
            policy.decision_hours,
            AdjustmentPolicy::DEFAULT_DECISION_HOURS,
        ),
    }
}
