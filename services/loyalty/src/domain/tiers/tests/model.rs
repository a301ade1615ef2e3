//! A naive reference: every day of a membership, one after the other, from plain sums over all
//! facts that it is about.

use jiff::civil::Date;

use super::support::{JOINED_ON, Member};
use crate::domain::program::{Downgrade, TierLadder};
use crate::domain::tiers::Gift;

#[derive(Clone, Debug, PartialEq)]
struct Spot {
    /// 0 is no tier, 1 the lowest.
    height: usize,
    since: Date,
    until: Option<Date>,
}

/// Where the member of these facts stands, written as [`Member::standing`] does.
pub(super) fn standing(member: &Member) -> String {
    let mut earned = Spot {
        height: 0,
        since: JOINED_ON,
        until: None,
    };
    let first = member.additions.iter().map(|addition| addition.day).min();
    let mut day = first.unwrap_or(JOINED_ON).min(JOINED_ON);
    loop {
        let ladder = ladder_on(member, day);
        rise(member, ladder, day, &mut earned);
        if day == member.today {
            return shown(member, ladder, &earned, day);
        }
        review(member, ladder, day, &mut earned);
        day = day.tomorrow().unwrap();
    }
}

fn ladder_on(member: &Member, day: Date) -> &TierLadder {
    let mut ladders = member.ladders.iter().rev();
    let (_, ladder) = ladders
        .find(|(from, _)| *from <= day)
        .unwrap_or(&member.ladders[0]);
    ladder
}

fn metric(member: &Member, ladder: &TierLadder, as_of: Date, is_review: bool) -> i64 {
    let days = ladder.window.of(JOINED_ON).days(as_of);
    let counts = |taken_back_on: Option<Date>| match taken_back_on {
        Some(_) if ladder.take_back_on_return => true,
        Some(on) if is_review => on <= as_of,
        Some(on) => on < as_of,
        None => true,
    };
    member
        .additions
        .iter()
        .filter(|addition| days.contains(addition.day) && counts(addition.taken_back_on))
        .map(|addition| addition.amount(&ladder.metric))
        .sum()
}

fn height_of(ladder: &TierLadder, amount: i64) -> usize {
    let reached = ladder.tiers.iter().filter(|tier| tier.threshold <= amount);
    reached.count()
}

fn rise(member: &Member, ladder: &TierLadder, day: Date, earned: &mut Spot) {
    let gained: i64 = member
        .additions
        .iter()
        .filter(|addition| addition.day == day)
        .filter(|addition| addition.taken_back_on.is_none() || ladder.take_back_on_return)
        .map(|addition| addition.amount(&ladder.metric))
        .sum();
    let reached = height_of(ladder, metric(member, ladder, day, false));
    if gained > 0 && reached > earned.height {
        *earned = Spot {
            height: reached,
            since: day,
            until: term(ladder, day),
        };
    }
}

fn review(member: &Member, ladder: &TierLadder, day: Date, earned: &mut Spot) {
    let amount = metric(member, ladder, day, true);
    let tomorrow = day.tomorrow().unwrap();
    if earned.height > 0 && earned.until == Some(day) {
        let tier = &ladder.tiers[earned.height - 1];
        if amount >= tier.keep_threshold {
            earned.until = next_term(ladder, day);
        } else {
            let step = match ladder.downgrade {
                Downgrade::OneStep => earned.height - 1,
                _ => 0,
            };
            let height = step.max(height_of(ladder, amount).min(earned.height - 1));
            let until = if height > 0 {
                next_term(ladder, day)
            } else {
                None
            };
            *earned = Spot {
                height,
                since: tomorrow,
                until,
            };
        }
    }
    for gift in member.gifts.iter().filter(|gift| is_on(gift, day)) {
        let height = height_of_gift(ladder, gift);
        let is_deserved = amount >= ladder.tiers[height - 1].keep_threshold;
        if gift.until == Some(day) && height > earned.height && is_deserved {
            *earned = Spot {
                height,
                since: gift.from,
                until: next_term(ladder, day),
            };
        }
    }
}

fn is_on(gift: &Gift, day: Date) -> bool {
    let has_ended = gift.until.is_some_and(|until| until < day)
        || gift.withdrawn_on.is_some_and(|end| end <= day);
    gift.from <= day && !has_ended
}

fn height_of_gift(ladder: &TierLadder, gift: &Gift) -> usize {
    ladder.tier(gift.tier_id.as_str()).unwrap().0 + 1
}

fn term(ladder: &TierLadder, from: Date) -> Option<Date> {
    let later = calendar::Span::months(ladder.validity_months).after(from);
    match ladder.downgrade {
        Downgrade::None => None,
        _ => Some(ladder.validity_round_up.apply(later)),
    }
}

fn next_term(ladder: &TierLadder, ended_on: Date) -> Option<Date> {
    let term_after = term(ladder, ended_on)?;
    if term_after > ended_on {
        Some(term_after)
    } else {
        term(ladder, ended_on.tomorrow().unwrap())
    }
}

fn shown(member: &Member, ladder: &TierLadder, earned: &Spot, day: Date) -> String {
    let mut best = earned.clone();
    for gift in member.gifts.iter().filter(|gift| is_on(gift, day)) {
        let height = height_of_gift(ladder, gift);
        let end = |until: Option<Date>| until.unwrap_or(Date::MAX);
        if (height, end(gift.until)) > (best.height, end(best.until)) {
            best = Spot {
                height,
                since: gift.from,
                until: gift.until,
            };
        }
    }
    let tier = match best.height {
        0 => "-",
        height => ladder.tiers[height - 1].tier_id.as_str(),
    };
    let until = best.until.map_or("-".to_owned(), |until| until.to_string());
    format!("{tier} {} {until}", best.since)
}
