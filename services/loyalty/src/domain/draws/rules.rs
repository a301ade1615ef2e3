use jiff::Timestamp;

use super::{Digest, Transcript};

/// Seconds of a segment of an instant draw: its seed is told when it is over.
const DAY_SECONDS: i64 = 86_400;
/// The most segments of a draw; a longer draw has longer ones.
const MAX_SEGMENTS: i64 = 3_700;
/// The most winners of a draw at the end: all of them are drawn in memory.
pub const MAX_WINNERS: i64 = 100_000;

/// How a draw is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Each ticket at once.
    Instant,
    /// All tickets together after the end.
    AtEnd,
}

/// A prize, as far as chance is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrizeRule {
    /// The prize.
    pub prize_id: String,
    /// In an instant draw: its chance, of 1,000,000.
    pub odds_per_million: i64,
    /// How many there are.
    pub stock: i64,
    /// What one costs, in points, for the draw's budget.
    pub cost_points: i64,
}

/// What decides a draw besides chance. Frozen when it is opened: later versions of the program do
/// not touch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawRules {
    /// The program.
    pub program_id: String,
    /// The draw.
    pub draw_id: String,
    /// How it is drawn.
    pub mode: Mode,
    /// From when on tickets are taken.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
    /// What can be won.
    pub prizes: Vec<PrizeRule>,
    /// The most points that its prizes may cost together; `None`: without a limit.
    pub budget_points: Option<i64>,
}

/// Why a draw can't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// It ends before it begins.
    #[error("the draw {draw_id} ends before it begins")]
    Window {
        /// The draw.
        draw_id: String,
    },
    /// More could be won than is drawn in one go.
    #[error("the draw {draw_id} has {winners} winners, more than can be drawn together")]
    TooManyWinners {
        /// The draw.
        draw_id: String,
        /// How many it has.
        winners: i64,
    },
    /// The chances of all prizes are more than certainty.
    #[error("the odds of the draw {draw_id} add up to {per_million} of a million")]
    Odds {
        /// The draw.
        draw_id: String,
        /// What they add up to.
        per_million: i64,
    },
}

impl DrawRules {
    /// Refuses rules by which nothing could be drawn.
    pub fn check(&self) -> Result<(), RulesError> {
        let draw_id = || self.draw_id.clone();
        if self.ends_at <= self.starts_at {
            return Err(RulesError::Window { draw_id: draw_id() });
        }
        let per_million = self.sum(|prize| prize.odds_per_million);
        if self.mode == Mode::Instant && per_million > super::instant::CERTAINTY {
            let draw_id = draw_id();
            return Err(RulesError::Odds {
                draw_id,
                per_million,
            });
        }
        let winners = self.sum(|prize| prize.stock);
        if self.mode == Mode::AtEnd && winners > MAX_WINNERS {
            let draw_id = draw_id();
            return Err(RulesError::TooManyWinners { draw_id, winners });
        }
        Ok(())
    }

    fn sum(&self, figure: impl Fn(&PrizeRule) -> i64) -> i64 {
        let figures = self.prizes.iter().map(figure);
        figures.fold(0, i64::saturating_add)
    }

    /// How many segments it has: days from its beginning, or one for a draw at the end.
    pub fn segments(&self) -> u32 {
        let last = self.ends_at.as_millisecond().saturating_sub(1);
        self.segment_of_millisecond(last).saturating_add(1)
    }

    /// The segment of an instant, from 0; instants outside belong to the first or last one.
    pub fn segment_at(&self, at: Timestamp) -> u32 {
        let segment = self.segment_of_millisecond(at.as_millisecond());
        segment.min(self.segments().saturating_sub(1))
    }

    /// When a segment is over, and its seed may be told.
    pub fn segment_end(&self, segment: u32) -> Timestamp {
        let length = self.segment_seconds().saturating_mul(1_000);
        let end = length.saturating_mul(i64::from(segment).saturating_add(1));
        let end = self.starts_at.as_millisecond().saturating_add(end);
        let end = Timestamp::from_millisecond(end).unwrap_or(self.ends_at);
        end.min(self.ends_at)
    }

    fn segment_of_millisecond(&self, at: i64) -> u32 {
        let since = at.saturating_sub(self.starts_at.as_millisecond()).max(0);
        let length = self.segment_seconds().saturating_mul(1_000).max(1);
        u32::try_from(since / length).unwrap_or(u32::MAX)
    }

    fn segment_seconds(&self) -> i64 {
        let whole = self
            .ends_at
            .as_second()
            .saturating_sub(self.starts_at.as_second())
            .saturating_add(1)
            .max(1);
        match self.mode {
            Mode::AtEnd => whole,
            Mode::Instant => DAY_SECONDS.max(whole / MAX_SEGMENTS + 1),
        }
    }

    /// The digest that the commitment and each ticket are bound to.
    pub fn digest(&self) -> Digest {
        let start = Transcript::of("patron draw rules 1")
            .text(&self.program_id)
            .text(&self.draw_id)
            .number(match self.mode {
                Mode::Instant => 1,
                Mode::AtEnd => 2,
            })
            .number(self.starts_at.as_microsecond())
            .number(self.ends_at.as_microsecond())
            .number(self.budget_points.unwrap_or_default());
        let prize = |transcript: Transcript, prize: &PrizeRule| {
            transcript
                .text(&prize.prize_id)
                .number(prize.odds_per_million)
                .number(prize.stock)
                .number(prize.cost_points)
        };
        self.prizes.iter().fold(start, prize).finish()
    }
}
