//! Why a standing on a ladder has changed.

use ::contract::google::r#type::Date;
use contract::TierChange;
use contract::patron::loyalty::v1 as contract;
use contract::tier_change::Reason;

/// What explains a change, a sentence each.
pub(super) fn sentences(change: &TierChange) -> Vec<String> {
    let mut told = vec![format!(
        "Decided by version {} of the program.",
        change.program_version
    )];
    told.extend(counted(change));
    told.push(format!("{}.", why(change)));
    if let Some(until) = &change.until_date {
        told.push(format!(
            "The tier is kept to the end of {} at least.",
            day(until)
        ));
    }
    if !change.reference.is_empty() {
        told.push(format!("It was caused by {}.", change.reference));
    }
    told
}

fn counted(change: &TierChange) -> Option<String> {
    let first = change.window_start_date.as_ref()?;
    let last = change.window_end_date.as_ref()?;
    Some(format!(
        "From {} to {}, {} counted on the ladder {}.",
        day(first),
        day(last),
        change.metric,
        change.ladder_id
    ))
}

fn why(change: &TierChange) -> String {
    let (from, to) = (tier(&change.from_tier_id), tier(&change.to_tier_id));
    let since = change.effective_date.as_ref().map(day).unwrap_or_default();
    match change.reason() {
        Reason::Unspecified => format!("The member stands on {to} since {since}"),
        Reason::Reached => format!("That reaches {to}: the member stands there since {since}"),
        Reason::Kept => format!("That is enough to keep {to} for another term from {since} on"),
        Reason::NotKept => {
            format!("That is too little to keep {from}: the member stands on {to} since {since}")
        }
        Reason::Given => format!("{to} was given by hand, from {since} on"),
        Reason::GiftEnded => format!(
            "What was given by hand came to its end: the member stands on {to} since {since}"
        ),
        Reason::Revised => format!(
            "What became known of the past leads from {from} to {to} from {since} on: a return, or \
             something that came late"
        ),
    }
}

fn tier(tier_id: &str) -> &str {
    if tier_id.is_empty() {
        "no tier"
    } else {
        tier_id
    }
}

fn day(date: &Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}
