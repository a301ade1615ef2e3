//! Referrals, to the contract.

use contract::patron::loyalty::v1 as contract;
use contract::referral::{Reason as WireReason, State as WireState};
use jiff::Timestamp;

use crate::domain::referrals::{Reason, Referral, ReferrerReward, Refusal, State};

/// A referral as it stands at an instant.
pub(crate) fn referral(referral: &Referral, now: Timestamp) -> contract::Referral {
    let (order_id, qualify_time) = referral.order.clone().unzip();
    contract::Referral {
        referral_id: referral.referral_id.to_string(),
        referrer_id: referral.referrer_id.to_string(),
        referee_id: referral.referee_id.to_string(),
        code: referral.code.clone(),
        state: state(referral.state(now)).into(),
        reason: reason(referral.reason(now)).into(),
        claim_time: Some(::contract::time::timestamp(referral.claimed_at)),
        attribution_end_time: Some(::contract::time::timestamp(referral.until)),
        order_id: order_id.unwrap_or_default(),
        qualify_time: qualify_time.map(::contract::time::timestamp),
        referee_rewarded: referral.is_qualified(),
        referrer_rewarded: referral.referrer == ReferrerReward::Given,
    }
}

fn state(state: State) -> WireState {
    match state {
        State::Claimed => WireState::Claimed,
        State::Qualified => WireState::Qualified,
        State::Rewarded => WireState::Rewarded,
        State::Reversed => WireState::Reversed,
        State::Refused => WireState::Refused,
        State::Lapsed => WireState::Lapsed,
    }
}

fn reason(reason: Option<Reason>) -> WireReason {
    match reason {
        None => WireReason::Unspecified,
        Some(Reason::BoughtBefore) => WireReason::BoughtBefore,
        Some(Reason::SamePerson) => WireReason::SamePerson,
        Some(Reason::LimitReached) => WireReason::LimitReached,
        Some(Reason::ReferrerNotActive) => WireReason::ReferrerNotActive,
        Some(Reason::PurchaseReturned) => WireReason::PurchaseReturned,
        Some(Reason::RewardKept) => WireReason::RewardKept,
    }
}

/// Somebody has said who brought it.
pub(crate) fn claimed(referral: &Referral) -> contract::ReferralClaimed {
    contract::ReferralClaimed {
        referral_id: referral.referral_id.to_string(),
        referrer_id: referral.referrer_id.to_string(),
        referee_id: referral.referee_id.to_string(),
    }
}

/// The first purchase has come.
pub(crate) fn qualified(referral: &Referral, order_id: &str) -> contract::ReferralQualified {
    contract::ReferralQualified {
        referral_id: referral.referral_id.to_string(),
        referrer_id: referral.referrer_id.to_string(),
        referee_id: referral.referee_id.to_string(),
        order_id: order_id.to_owned(),
    }
}

/// The one who brought has its reward.
pub(crate) fn rewarded(referral: &Referral) -> contract::ReferralRewarded {
    contract::ReferralRewarded {
        referral_id: referral.referral_id.to_string(),
        referrer_id: referral.referrer_id.to_string(),
        referee_id: referral.referee_id.to_string(),
    }
}

/// A reward was taken back.
pub(crate) fn reversed(
    referral: &Referral,
    order_id: &str,
    kept_count: i32,
) -> contract::ReferralReversed {
    contract::ReferralReversed {
        referral_id: referral.referral_id.to_string(),
        referrer_id: referral.referrer_id.to_string(),
        referee_id: referral.referee_id.to_string(),
        order_id: order_id.to_owned(),
        kept_count,
    }
}

/// It does not count after all.
pub(crate) fn refused(referral: &Referral) -> contract::ReferralRefused {
    use contract::referral_refused::Cause;
    let cause = match referral.refused {
        Some(Refusal::BoughtBefore) => Cause::BoughtBefore,
        Some(Refusal::SamePerson) => Cause::SamePerson,
        None => Cause::Unspecified,
    };
    contract::ReferralRefused {
        referral_id: referral.referral_id.to_string(),
        referrer_id: referral.referrer_id.to_string(),
        referee_id: referral.referee_id.to_string(),
        cause: cause.into(),
    }
}
