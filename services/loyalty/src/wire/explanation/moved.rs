//! Why points moved that no rule has rated.

use contract::patron::loyalty::v1 as contract;
use contract::{
    AccrualDetails, ActivationDetails, AdjustmentDetails, ExpiryDetails, GrantDetails, HoldDetails,
    RedateDetails, RedemptionDetails, ReleaseDetails, RestoreDetails, TransferDetails,
    expiry_details, redate_details, release_details, transfer_details,
};
use prost_types::Timestamp;

use super::rated::points;

pub(super) fn accrual(accrual: &AccrualDetails, told: &mut Vec<String>) {
    told.push(format!(
        "Credited at the request of {}, who decided on the amount.",
        accrual.caller
    ));
}

pub(super) fn redemption(spent: &RedemptionDetails, told: &mut Vec<String>) {
    if !spent.reward_id.is_empty() {
        told.push(format!("Spent on the reward {}.", spent.reward_id));
    }
    if !spent.hold_id.is_empty() {
        told.push(format!("Confirms the hold {}.", spent.hold_id));
    }
    if spent.beyond_hold > 0 {
        told.push(format!(
            "{} of it were taken beyond what was held.",
            points(spent.beyond_hold)
        ));
    }
    told.push(
        "Points are taken in the order of priority, then of their end, then of their earning."
            .to_owned(),
    );
}

pub(super) fn restore(restored: &RestoreDetails, told: &mut Vec<String>) {
    told.push(format!(
        "Of the {} spent in the redemption {}, given back in proportion to what was paid back: {} of \
         {} minor units of money so far.",
        points(restored.redeemed),
        restored.redemption_id,
        restored.refunded_minor,
        restored.total_minor
    ));
    if restored.restored_before > 0 {
        told.push(format!(
            "{} of them had been given back before.",
            points(restored.restored_before)
        ));
    }
    told.push(
        "They went back to the lots that they came from, the last one first, with the end that they \
         had."
            .to_owned(),
    );
    if restored.expired > 0 {
        told.push(format!(
            "{} had lapsed meanwhile, and lapse now.",
            points(restored.expired)
        ));
    }
}

pub(super) fn hold(held: &HoldDetails, told: &mut Vec<String>) {
    told.push(format!(
        "Reserved by the hold {}{}.",
        held.hold_id,
        until(held.expire_time.as_ref())
    ));
}

pub(super) fn release(released: &ReleaseDetails, told: &mut Vec<String>) {
    use release_details::Cause;
    let why = match released.cause() {
        Cause::Unspecified | Cause::Released => "because its caller asked for it",
        Cause::TimedOut => "because its time was over",
        Cause::Remainder => "because the last confirmation needed less",
    };
    told.push(format!(
        "What the hold {} still reserved went back to its lots, {why}.",
        released.hold_id
    ));
    if released.expired > 0 {
        told.push(format!(
            "{} had lapsed while they were reserved.",
            points(released.expired)
        ));
    }
    if released.mercy_days > 0 {
        told.push(format!(
            "What had lapsed can be used for {} days more.",
            released.mercy_days
        ));
    }
}

pub(super) fn expiry(lapsed: ExpiryDetails, told: &mut Vec<String>) {
    use expiry_details::Cause;
    told.push(match lapsed.cause() {
        Cause::Unspecified => {
            "The end had come that was fixed when the points were earned.".to_owned()
        }
        Cause::Closed => "The membership was closed.".to_owned(),
    });
}

pub(super) fn activation(active: &ActivationDetails, told: &mut Vec<String>) {
    told.push(match active.activity_id.as_str() {
        "" => "The time was over for which the points had to wait.".to_owned(),
        act => format!("The act {act} came, which the points had waited for."),
    });
}

pub(super) fn transfer(moved: &TransferDetails, told: &mut Vec<String>) {
    use transfer_details::Cause;
    let why = match moved.cause() {
        Cause::Unspecified | Cause::Transfer => "one member sent them to another",
        Cause::Join => "the member joined a household",
        Cause::Leave => "the member left the household",
        Cause::Merge => "the two members were found to be one",
        Cause::Unmerge => "the merge of two members was undone",
        Cause::Contribution => "members of a household earn for its pool",
    };
    let way = if moved.incoming { "from" } else { "to" };
    told.push(format!(
        "Moved {way} {}, because {why}; the points keep their end and their cost.",
        moved.counterpart_id
    ));
}

pub(super) fn adjustment(adjusted: &AdjustmentDetails, told: &mut Vec<String>) {
    let approved = match adjusted.approved_by.as_str() {
        "" => "its amount needs no second person".to_owned(),
        by => format!("approved by {by}"),
    };
    told.push(format!(
        "Put right by {} for the reason {}; {approved}.",
        adjusted.created_by, adjusted.reason_code
    ));
}

pub(super) fn grant(granted: &GrantDetails, told: &mut Vec<String>) {
    told.push(format!(
        "Given for the {} {}.",
        granted.cause_kind, granted.cause_id
    ));
}

pub(super) fn redate(redated: &RedateDetails, told: &mut Vec<String>) {
    use redate_details::Cause;
    let why = match redated.cause() {
        Cause::Unspecified | Cause::Operator => match redated.caller.as_str() {
            "" => "an operator asked for it".to_owned(),
            caller => format!("{caller} asked for it"),
        },
        Cause::Activity => {
            "the member was active, and the program extends points by that".to_owned()
        }
        Cause::Mercy => {
            "they lapsed while they were reserved, and the program grants days of mercy".to_owned()
        }
        Cause::Restore => {
            "they were given back close to their end, and the program grants days".to_owned()
        }
    };
    told.push(format!(
        "The end of the points was moved{}{}, because {why}.",
        from(redated.previous_expire_time.as_ref()),
        to(redated.expire_time.as_ref())
    ));
}

fn until(time: Option<&Timestamp>) -> String {
    time.map_or_else(String::new, |time| format!(" until {time}"))
}

fn from(time: Option<&Timestamp>) -> String {
    time.map_or_else(|| " from never".to_owned(), |time| format!(" from {time}"))
}

fn to(time: Option<&Timestamp>) -> String {
    time.map_or_else(|| " to never".to_owned(), |time| format!(" to {time}"))
}
