//! What each part comes to, and until when at least.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::policy::{Complaints, Engagement, Nps, Policy, Recency, Scale, Trend};
use super::{Input, Part};
use crate::domain::interaction::Kind;
use crate::domain::order::RecordedOrder;
use crate::domain::segment::facts::Facts;

const DAY: i64 = 86_400;
/// The most that a trend is, and what it is of whoever spends after nothing.
const MOST_TREND: i64 = 1_000_000;
/// How many instants are looked at for one at which something changes.
const AHEAD: u8 = 32;
/// When it is looked again at orders of which there were too many.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// A part, measured.
pub(super) struct Measured {
    input: Input,
    measure: Option<i64>,
    pub(super) points: i64,
    weight: i64,
    /// Whether it tells something of this person. That nobody complains tells nothing of whoever was never there.
    pub(super) is_evidence: bool,
    /// Until then at least it comes to the same points.
    pub(super) next: Option<Timestamp>,
}

/// All parts that count.
pub(super) fn all(
    policy: &Policy,
    facts: &Facts,
    now: Timestamp,
) -> impl Iterator<Item = Measured> {
    let parts = [
        recency(&policy.recency, facts, now),
        trend(&policy.trend, facts, now),
        nps(&policy.nps, facts, now),
        complaints(&policy.complaints, facts, now),
        engagement(&policy.engagement, facts, now),
    ];
    parts.into_iter().filter(|part| part.weight > 0)
}

impl Measured {
    fn of(scale: &Scale, input: Input, measure: i64, next: Option<Timestamp>) -> Self {
        Self {
            input,
            measure: Some(measure),
            points: scale.points(measure),
            weight: scale.weight,
            is_evidence: true,
            next,
        }
    }

    fn left_out(scale: &Scale, input: Input, next: Option<Timestamp>) -> Self {
        Self {
            input,
            measure: None,
            points: 0,
            weight: scale.weight,
            is_evidence: false,
            next,
        }
    }

    /// Its weight, unless it is left out.
    pub(super) fn counted(&self) -> i64 {
        self.measure.map_or(0, |_| self.weight)
    }

    pub(super) fn part(self, whole: i64) -> Part {
        let share = (self.counted() * 1_000).checked_div(whole);
        Part {
            input: self.input,
            measure: self.measure,
            points: self.points,
            weight: self.weight,
            share: share.unwrap_or_default(),
        }
    }
}

fn recency(policy: &Recency, facts: &Facts, now: Timestamp) -> Measured {
    let scale = &policy.scale;
    let Some(last) = facts.traits.last_order_time else {
        return Measured::left_out(scale, Input::NeverBought, None);
    };
    let own = own_gap(policy, facts);
    let gap = own.unwrap_or(policy.default_days).max(1);
    let days = (seconds(last, now) / DAY).max(0);
    let measure = days.saturating_mul(1_000) / gap;
    let next = scale.next_above(measure).and_then(|from| {
        // The first whole day on which that measure is reached.
        let days = from.saturating_mul(gap).saturating_add(999) / 1_000;
        last.checked_add(super::policy::days(days)).ok()
    });
    let is_own = own.is_some();
    Measured::of(scale, Input::Recency { days, gap, is_own }, measure, next)
}

/// The mean of the gaps between orders, rounded up to whole days.
fn own_gap(policy: &Recency, facts: &Facts) -> Option<i64> {
    let traits = &facts.traits;
    let (first, last) = (traits.first_order_time?, traits.last_order_time?);
    let gaps = traits.order_count.saturating_sub(1);
    if traits.order_count < policy.own_from || gaps < 1 {
        return None;
    }
    let length = gaps.saturating_mul(DAY);
    let days = seconds(first, last).saturating_add(length - 1) / length;
    Some(days.max(policy.least_days))
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_secs()
}

fn trend(policy: &Trend, facts: &Facts, now: Timestamp) -> Measured {
    let scale = &policy.scale;
    let window = policy.window;
    let double = window.saturating_add(window);
    let is_known = now
        .checked_sub(double)
        .is_ok_and(|begin| begin >= facts.complete_since);
    if !is_known {
        let again = now.checked_add(AGAIN).ok();
        return Measured::left_out(scale, Input::TooManyOrders, again);
    }
    let amounts = |instant| spent(policy, &facts.orders, instant);
    let (recent, before) = amounts(now);
    let measure = ratio(recent, before);
    let input = Input::Trend {
        recent,
        before,
        days: window.as_secs() / DAY,
        currency: policy.currency,
    };
    // An order is recent, then before, then neither.
    let steps = facts.orders.iter().flat_map(|order| {
        let after = |length| order.order.time.checked_add(length).ok();
        [after(window), after(double)]
    });
    let points = |measure: Option<i64>| measure.map(|measure| scale.points(measure));
    let next = first_change(steps.flatten(), now, |at| {
        let (recent, before) = amounts(at);
        points(ratio(recent, before)) != points(measure)
    });
    match measure {
        Some(measure) => Measured::of(scale, input, measure, next),
        None => Measured::left_out(scale, input, next),
    }
}

/// What was spent in the last window, and in the one before it, in minor units.
fn spent(policy: &Trend, orders: &[RecordedOrder], now: Timestamp) -> (i64, i64) {
    let (mut recent, mut before) = (0_i64, 0_i64);
    for order in orders
        .iter()
        .filter(|it| it.order.currency == policy.currency)
    {
        let is_within = |windows| is_within(order.order.time, windows, now);
        if is_within(policy.window) {
            recent = recent.saturating_add(net(order));
        } else if is_within(policy.window.saturating_add(policy.window)) {
            before = before.saturating_add(net(order));
        }
    }
    (recent, before)
}

fn net(order: &RecordedOrder) -> i64 {
    let refunds = order.returned.iter().map(|it| it.refund);
    let refunded = refunds.fold(0, i64::saturating_add);
    order.order.total.saturating_sub(refunded).max(0)
}

/// In thousandths; `None` when there is nothing on either side.
fn ratio(recent: i64, before: i64) -> Option<i64> {
    if recent == 0 && before == 0 {
        return None;
    }
    let ratio = (i128::from(recent) * 1_000).checked_div(i128::from(before));
    let ratio = ratio.and_then(|it| i64::try_from(it).ok());
    Some(ratio.unwrap_or(MOST_TREND).min(MOST_TREND))
}

fn nps(policy: &Nps, facts: &Facts, now: Timestamp) -> Measured {
    let scale = &policy.scale;
    let Some(answer) = facts.heard.answer else {
        return Measured::left_out(scale, Input::NeverAsked, None);
    };
    let is_too_old = !is_within(answer.time, policy.max_age, now);
    let input = Input::Nps {
        score: answer.score,
        time: answer.time,
        is_too_old,
    };
    if is_too_old {
        return Measured::left_out(scale, input, None);
    }
    let next = answer.time.checked_add(policy.max_age).ok();
    Measured::of(scale, input, answer.score.into(), next)
}

fn complaints(policy: &Complaints, facts: &Facts, now: Timestamp) -> Measured {
    let scale = &policy.scale;
    let counts = |at| {
        let (mut open, mut recent, mut sum) = (0, 0, 0_i64);
        for case in &facts.heard.cases {
            let count = policy.count(case.priority);
            if case.is_open {
                open += 1;
                sum = sum.saturating_add(count.saturating_mul(policy.open_factor));
            } else if is_within(case.opened, policy.window, at) {
                recent += 1;
                sum = sum.saturating_add(count);
            }
        }
        (open, recent, sum)
    };
    let (open, recent, measure) = counts(now);
    let ends = facts.heard.cases.iter().filter(|case| !case.is_open);
    let ends = ends.filter_map(|case| case.opened.checked_add(policy.window).ok());
    let next = first_change(ends, now, |at| differs(scale, measure, counts(at).2));
    let days = policy.window.as_secs() / DAY;
    let input = Input::Complaints { open, recent, days };
    Measured {
        is_evidence: measure > 0,
        ..Measured::of(scale, input, measure, next)
    }
}

fn engagement(policy: &Engagement, facts: &Facts, now: Timestamp) -> Measured {
    let scale = &policy.scale;
    let worth = |at| {
        let contacts = facts.heard.contacts.iter();
        let within = contacts.filter(|it| is_within(it.time, policy.window, at));
        let worth = within.map(|it| policy.worth(it.kind));
        worth.fold(0, i64::saturating_add)
    };
    let measure = worth(now);
    let ends = facts.heard.contacts.iter();
    let ends = ends.filter_map(|it| it.time.checked_add(policy.window).ok());
    let next = first_change(ends, now, |at| differs(scale, measure, worth(at)));
    let input = Input::Engagement {
        kinds: kinds(policy, facts, now),
        days: policy.window.as_secs() / DAY,
    };
    Measured {
        is_evidence: measure > 0,
        ..Measured::of(scale, input, measure, next)
    }
}

/// How many of each kind count, the most frequent first.
fn kinds(policy: &Engagement, facts: &Facts, now: Timestamp) -> Vec<(Kind, usize)> {
    let contacts = facts.heard.contacts.iter();
    let within: Vec<Kind> = contacts
        .filter(|it| is_within(it.time, policy.window, now))
        .map(|it| it.kind)
        .collect();
    let count = |kind: Kind| within.iter().filter(|it| **it == kind).count();
    let counted = policy.worth.iter().filter(|(_, worth)| *worth > 0);
    let mut kinds: Vec<_> = counted.map(|(kind, _)| (*kind, count(*kind))).collect();
    kinds.retain(|(_, count)| *count > 0);
    kinds.sort_by_key(|(_, count)| Reverse(*count));
    kinds
}

/// Whether two measures give other points, or tell of somebody of whom there was nothing to tell.
fn differs(scale: &Scale, one: i64, other: i64) -> bool {
    scale.points(one) != scale.points(other) || (one == 0) != (other == 0)
}

/// Whether something happened so lately. What is to come did.
fn is_within(time: Timestamp, window: SignedDuration, now: Timestamp) -> bool {
    time.checked_add(window).is_ok_and(|end| end > now)
}

/// The first of these instants after now at which something is otherwise, or until which that is not known.
fn first_change(
    instants: impl Iterator<Item = Timestamp>,
    now: Timestamp,
    is_otherwise: impl Fn(Timestamp) -> bool,
) -> Option<Timestamp> {
    let mut instants: Vec<_> = instants.filter(|at| *at > now).collect();
    instants.sort_unstable();
    instants.dedup();
    let mut ahead = instants.iter().copied().zip(1..);
    let found = ahead.find(|(at, nth)| *nth >= AHEAD || is_otherwise(*at));
    found.map(|(at, _)| at)
}
