//! Deciding a ticket at once.

use std::num::NonZeroU64;

use super::{DrawRules, Seed, Tally, Transcript, uniform};

/// All chances together.
pub const CERTAINTY: i64 = 1_000_000;
const SIDES: NonZeroU64 = NonZeroU64::new(CERTAINTY.unsigned_abs()).unwrap();

/// What became of a ticket. Prizes are named by their place in the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The ticket is not decided yet: the draw is drawn at its end.
    Open,
    /// Nothing.
    Nothing,
    /// It would have won this prize, but that was gone, or the budget was.
    Gone(usize),
    /// It won.
    Won(usize),
}

impl Outcome {
    /// As a number, for hashes and rows: 0 open, 1 nothing, then 2 numbers for each prize.
    pub fn code(self) -> i64 {
        let of = |place: usize, is_won: i64| {
            let place = i64::try_from(place).unwrap_or(i64::MAX / 2 - 2);
            2 + 2 * place + is_won
        };
        match self {
            Self::Open => 0,
            Self::Nothing => 1,
            Self::Gone(place) => of(place, 0),
            Self::Won(place) => of(place, 1),
        }
    }

    /// The outcome of a number; `None` for numbers that stand for none.
    pub fn of_code(code: i64) -> Option<Self> {
        let place = || usize::try_from((code - 2) / 2).ok();
        match code {
            ..0 => None,
            0 => Some(Self::Open),
            1 => Some(Self::Nothing),
            _ if code % 2 == 0 => place().map(Self::Gone),
            _ => place().map(Self::Won),
        }
    }

    /// The prize that was won.
    pub fn won(self) -> Option<usize> {
        match self {
            Self::Won(place) => Some(place),
            Self::Open | Self::Nothing | Self::Gone(_) => None,
        }
    }
}

/// What the ticket with this number wins, after so much was given away: the seed of its segment, its
/// number and what the member chose give a number below a million, which falls into the stretch of
/// a prize or behind all of them.
pub fn decide(
    rules: &DrawRules,
    before: &Tally,
    seed: &Seed,
    number: i64,
    client_seed: &str,
) -> Outcome {
    let message = Transcript::of("patron draw ticket 1")
        .number(number)
        .text(client_seed)
        .finish();
    let roll = i64::try_from(uniform(seed, &message, SIDES)).unwrap_or(i64::MAX);
    match prize_at(rules, roll) {
        None => Outcome::Nothing,
        Some(place) if before.left(rules, place) == 0 => Outcome::Gone(place),
        Some(place) => Outcome::Won(place),
    }
}

fn prize_at(rules: &DrawRules, roll: i64) -> Option<usize> {
    let ends = rules.prizes.iter().scan(0_i64, |end, prize| {
        *end = end.saturating_add(prize.odds_per_million);
        Some(*end)
    });
    ends.enumerate()
        .find(|(_, end)| roll < *end)
        .map(|(place, _)| place)
}
