use calendar::DateRange;
use jiff::civil::Date;

use super::Addition;
use crate::domain::program::TierLadder;

/// What counts on a ladder, by day.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Days in ascending order, each with the sum of all days up to it.
    sums: Vec<(Date, i64)>,
    /// Days on which something was added in all, in ascending order.
    gains: Vec<Date>,
    /// What counts until it was taken back, where a return takes back no tier.
    later_taken_back: Vec<TakenBack>,
}

#[derive(Clone, Copy, Debug)]
struct TakenBack {
    day: Date,
    on: Date,
    amount: i64,
}

/// From when on something that was taken back no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// From the next day on: for the rise on a day, in whose course it may have come later.
    Before(Date),
    /// From that day's end on: for a review.
    AtTheEndOf(Date),
}

impl Known {
    fn includes(self, day: Date) -> bool {
        match self {
            Self::Before(bound) => day < bound,
            Self::AtTheEndOf(bound) => day <= bound,
        }
    }
}

impl Tally {
    /// Of these additions, in any order, by the metric of a ladder.
    pub fn of(additions: &[Addition], ladder: &TierLadder) -> Self {
        let mut amounts: Vec<(Date, i64)> = Vec::with_capacity(additions.len());
        let mut later_taken_back = Vec::new();
        for addition in additions {
            let amount = addition.amount(&ladder.metric);
            match addition.taken_back_on {
                Some(on) if !ladder.take_back_on_return => later_taken_back.push(TakenBack {
                    day: addition.day,
                    on,
                    amount,
                }),
                _ if amount != 0 => amounts.push((addition.day, amount)),
                _ => {}
            }
        }
        Self {
            later_taken_back,
            ..Self::by_day(amounts)
        }
    }

    fn by_day(mut amounts: Vec<(Date, i64)>) -> Self {
        amounts.sort_unstable_by_key(|(day, _)| *day);
        let mut tally = Self::default();
        let mut sum = 0_i64;
        for day in amounts.chunk_by(|one, other| one.0 == other.0) {
            let of_day = day
                .iter()
                .fold(0_i64, |all, (_, one)| all.saturating_add(*one));
            sum = sum.saturating_add(of_day);
            let Some((date, _)) = day.first() else {
                continue;
            };
            tally.sums.push((*date, sum));
            if of_day > 0 {
                tally.gains.push(*date);
            }
        }
        tally
    }

    /// The first day from this one on, itself included, on which the metric can have risen.
    pub(super) fn next_gain(&self, from: Date) -> Option<Date> {
        let passed = self.gains.partition_point(|day| *day < from);
        self.gains.get(passed).copied()
    }

    /// What counts on these days.
    pub(super) fn sum(&self, days: DateRange, known: Known) -> i64 {
        let until_the_end = self.up_to(|day| day <= days.last);
        let before = self.up_to(|day| day < days.first);
        self.later_taken_back
            .iter()
            .filter(|back| days.contains(back.day) && known.includes(back.on))
            .fold(until_the_end.saturating_sub(before), |sum, back| {
                sum.saturating_add(back.amount)
            })
    }

    fn up_to(&self, is_before: impl Fn(Date) -> bool) -> i64 {
        let passed = self.sums.partition_point(|(day, _)| is_before(*day));
        let last = passed.checked_sub(1).and_then(|last| self.sums.get(last));
        last.map_or(0, |(_, sum)| *sum)
    }
}
