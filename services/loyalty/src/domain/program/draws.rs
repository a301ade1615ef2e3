//! Prize draws.

use super::{DrawId, Grant, PrizeId, TierGate, TimeWindow};
use crate::domain::Points;

/// A prize draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The draw.
    pub draw_id: DrawId,
    /// Its name.
    pub display_name: String,
    /// How it is drawn.
    pub mode: DrawMode,
    /// When tickets are taken. A draw at the end has an end.
    pub window: TimeWindow,
    /// Who may take part: those who pass one of them. Empty: every member.
    pub gates: Vec<TierGate>,
    /// The most tickets of one member; `None`: without a limit.
    pub per_member_limit: Option<u32>,
    /// How many tickets a member may have for nothing.
    pub free_entries: u32,
    /// What can be won.
    pub prizes: Vec<Prize>,
    /// The most points that its prizes may cost together; `None`: without a limit.
    pub budget: Option<Points>,
}

/// How a draw is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrawMode {
    /// Each ticket at once, by the odds of the prizes.
    Instant,
    /// All tickets together after the end, one winner for each piece of each prize.
    AtEnd,
}

/// Something that can be won.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prize {
    /// The prize.
    pub prize_id: PrizeId,
    /// Its name.
    pub display_name: String,
    /// In an instant draw: its chance, of 1,000,000. Together they are at most 1,000,000.
    pub odds_per_million: u32,
    /// How many there are; 1 or more.
    pub stock: u64,
    /// What the winner gets.
    pub grants: Vec<Grant>,
    /// What one of them costs, for the draw's budget.
    pub cost: Points,
}
