//! What a part of health came from, in words.

use jiff::{SignedDuration, Timestamp};

use crate::domain::health::{Input, Part};
use crate::domain::interaction::Kind;

/// In words, as a person would say it to another.
pub(super) fn told(part: &Part, now: Timestamp) -> String {
    let told = what(&part.input, now);
    if part.measure.is_none() {
        format!("{told}: left out, the other parts count in its place")
    } else {
        told
    }
}

fn what(input: &Input, now: Timestamp) -> String {
    match input {
        Input::NeverBought => "never bought".to_owned(),
        Input::Recency { days, gap, is_own } => {
            let whose = if *is_own { "own" } else { "assumed" };
            let (ago, gap) = (days_of(*days), days_of(*gap));
            format!("last order {ago} ago, {whose} usual gap {gap}")
        }
        Input::TooManyOrders => "more orders than are looked at".to_owned(),
        Input::Trend {
            recent,
            before,
            days,
            currency,
        } => {
            let (days, code) = (days_of(*days), currency.code());
            format!(
                "spent {recent} in the last {days}, {before} in as many before (minor units of {code})"
            )
        }
        Input::NeverAsked => "never gave a score".to_owned(),
        Input::Nps {
            score,
            time,
            is_too_old,
        } => {
            let ago = days_of(days_between(*time, now));
            let old = if *is_too_old {
                ", too old to count"
            } else {
                ""
            };
            format!("gave the score {score} {ago} ago{old}")
        }
        Input::Complaints { open, recent, days } => {
            let days = days_of(*days);
            format!("{open} open, {recent} of the last {days} that are over")
        }
        Input::Engagement { kinds, days } => {
            let days = days_of(*days);
            if kinds.is_empty() {
                return format!("no interactions in the last {days}");
            }
            let kinds: Vec<_> = kinds.iter().map(counted).collect();
            format!("in the last {days}: {}", kinds.join(", "))
        }
    }
}

fn counted((kind, count): &(Kind, usize)) -> String {
    format!("{} {count}", kind.name())
}

fn days_of(days: i64) -> String {
    if days == 1 {
        "1 day".to_owned()
    } else {
        format!("{days} days")
    }
}

fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    let length: SignedDuration = to.duration_since(from);
    (length.as_hours() / 24).max(0)
}
