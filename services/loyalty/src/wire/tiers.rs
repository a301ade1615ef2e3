use contract::patron::loyalty::v1 as contract;
use contract::tier_change::Reason;
use uuid::Uuid;

use super::{date, local_day};
use crate::app::tiers::{Ahead, Giving};
use crate::domain::program::{TierId, TierLadder};
use crate::domain::tiers::{ChangeReason, Progress, Standing};
use crate::store::tiers::changes::{ChangeRow, NewChange};
use crate::store::tiers::gifts::GiftRow;
use ::contract::time::timestamp;
use calendar::Zone;
use chassis::Refusal;

/// A standing has changed.
pub(crate) fn changed(change: &NewChange, now: jiff::Timestamp) -> contract::TierChanged {
    contract::TierChanged {
        customer_id: change.customer_id.to_string(),
        change: Some(self::change(change.row(now))),
    }
}

/// A change of a standing.
pub(crate) fn change(row: ChangeRow) -> contract::TierChange {
    contract::TierChange {
        change_id: row.change_id.to_string(),
        ladder_id: row.ladder_id,
        from_tier_id: row.from_tier_id.unwrap_or_default(),
        to_tier_id: row.to_tier_id.unwrap_or_default(),
        reason: reason(row.reason).into(),
        effective_date: Some(date(row.effective_on)),
        until_date: row.until.map(date),
        metric: row.metric,
        window_start_date: row.window_first.map(date),
        window_end_date: row.window_last.map(date),
        program_version: row.program_version,
        gift_id: row
            .gift_id
            .as_ref()
            .map(Uuid::to_string)
            .unwrap_or_default(),
        reference: row.reference,
        record_time: Some(timestamp(row.recorded_at)),
    }
}

fn reason(reason: ChangeReason) -> Reason {
    match reason {
        ChangeReason::Reached => Reason::Reached,
        ChangeReason::Kept => Reason::Kept,
        ChangeReason::NotKept => Reason::NotKept,
        ChangeReason::Given => Reason::Given,
        ChangeReason::GiftEnded => Reason::GiftEnded,
        ChangeReason::Revised => Reason::Revised,
    }
}

/// Where a member stands, and how far it is.
pub(crate) fn progress(ahead: &Ahead) -> contract::TierProgress {
    let Ahead {
        standing,
        progress,
        history,
        ..
    } = ahead;
    let Progress {
        metric,
        window,
        window_changes_on,
        next,
        keeping,
    } = progress;
    let mut shown = contract::TierProgress {
        standing: ahead
            .ladder()
            .map(|ladder| tier_standing(ladder, standing, history.zone())),
        gift_id: standing
            .gift_id
            .as_ref()
            .map(Uuid::to_string)
            .unwrap_or_default(),
        metric: *metric,
        window_start_date: Some(date(window.first)),
        window_change_date: window_changes_on.map(date),
        ..contract::TierProgress::default()
    };
    if let Some(next) = next {
        shown.next_tier_id = next.tier_id.to_string();
        shown.next_threshold = next.threshold;
        shown.missing_to_next = next.missing;
    }
    if let Some(keeping) = keeping {
        shown.review_date = Some(date(keeping.reviewed_on));
        shown.keep_threshold = keeping.threshold;
        shown.counting_at_review = keeping.counting_then;
        shown.missing_to_keep = keeping.missing;
    }
    shown
}

/// Where a member stands on a ladder.
pub(crate) fn tier_standing(
    ladder: &TierLadder,
    standing: &Standing,
    zone: &Zone,
) -> contract::TierStanding {
    let tier_id = standing.tier_id().map_or("", TierId::as_str);
    let tier = ladder.tier(tier_id).map(|(_, tier)| tier);
    contract::TierStanding {
        ladder_id: ladder.ladder_id.to_string(),
        tier_id: tier_id.to_owned(),
        display_name: tier
            .map(|tier| tier.display_name.clone())
            .unwrap_or_default(),
        since_time: Some(timestamp(zone.start_of(standing.place.since))),
        until_time: standing
            .place
            .until
            .map(|until| timestamp(zone.end_of(until))),
    }
}

/// A tier to be given, as a request asks for it.
pub(crate) fn giving(request: &contract::GiveTierRequest) -> Result<Giving, Refusal> {
    let gift = request.gift.clone().unwrap_or_default();
    let until = gift
        .until_date
        .map(|date| local_day(date, "gift.until_date"));
    Ok(Giving {
        customer_id: super::id(&gift.customer_id, "gift.customer_id")?,
        ladder_id: gift.ladder_id,
        tier_id: gift.tier_id,
        until: until.transpose()?,
        reason: gift.reason,
    })
}

/// A tier that was given.
pub(crate) fn gift(customer_id: Uuid, row: &GiftRow) -> contract::TierGift {
    let withdrawal = row.withdrawal.as_ref();
    contract::TierGift {
        gift_id: row.gift.gift_id.to_string(),
        customer_id: customer_id.to_string(),
        ladder_id: row.ladder_id.to_string(),
        tier_id: row.gift.tier_id.to_string(),
        from_date: Some(date(row.gift.from)),
        until_date: row.gift.until.map(date),
        reason: row.reason.clone(),
        giver: row.given_by.clone(),
        create_time: Some(timestamp(row.given_at)),
        withdraw_time: withdrawal.map(|withdrawal| timestamp(withdrawal.withdrawn_at)),
        withdrawer: withdrawal
            .map(|one| one.withdrawn_by.clone())
            .unwrap_or_default(),
        withdraw_reason: withdrawal.map(|one| one.reason.clone()).unwrap_or_default(),
    }
}
