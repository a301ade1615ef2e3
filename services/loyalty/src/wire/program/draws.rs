use ::contract::checks::At;
use contract::draw::Mode;
use contract::patron::loyalty::v1 as contract;

use super::values::{limit, point_limit, whole};
use super::{Fault, Reader};
use crate::domain::Points;
use crate::domain::draws::MAX_WINNERS;
use crate::domain::program::{Draw, DrawId, DrawMode, Prize, PrizeId};

/// Certainty.
const CERTAIN: i64 = 1_000_000;

impl<'d> Reader<'d> {
    pub(super) fn draw(&mut self, at: &At<'_>, draw: &'d contract::Draw) -> Option<Draw> {
        let mode = self.draw_mode(at, draw);
        let (start, end) = (draw.start_time.as_ref(), draw.end_time.as_ref());
        let window = self.window(at, start, end);
        let gates = self.gates(at, "gates", &draw.gates);
        let list = &at.field("prizes");
        let ids = draw.prizes.iter().map(|prize| prize.prize_id.as_str());
        self.unique(list, "prize_id", ids);
        self.odds(list, draw);
        self.winners(list, draw);
        let prizes = self.list(at, "prizes", &draw.prizes, Self::prize);
        Some(Draw {
            draw_id: DrawId::new(&draw.draw_id),
            display_name: draw.display_name.clone(),
            mode: mode?,
            window: window?,
            gates: gates?,
            per_member_limit: limit(draw.per_member_limit),
            free_entries: whole(draw.free_entries),
            prizes: prizes?,
            budget: point_limit(draw.budget_points),
        })
    }

    fn draw_mode(&mut self, at: &At<'_>, draw: &'d contract::Draw) -> Option<DrawMode> {
        match draw.mode() {
            Mode::Unspecified => self.missing(at, "mode"),
            Mode::Instant => Some(DrawMode::Instant),
            Mode::AtEnd if draw.end_time.is_none() => self.missing(at, "end_time"),
            Mode::AtEnd => Some(DrawMode::AtEnd),
        }
    }

    /// The prize with which the chances exceed certainty is told; the sum can't overflow, since a
    /// draw has at most 50 prizes.
    fn odds(&mut self, at: &At<'_>, draw: &'d contract::Draw) {
        const FIELD: &str = "odds_per_million";
        let mut sum = 0;
        for (index, prize) in draw.prizes.iter().enumerate() {
            let at = &at.index(index);
            let odds = i64::from(prize.odds_per_million);
            match draw.mode() {
                Mode::Instant if odds == 0 => self.problems.add(&at.field(FIELD), Fault::Missing),
                Mode::AtEnd => self.only_with(odds != 0, at, FIELD, "MODE_INSTANT"),
                Mode::Unspecified | Mode::Instant => {}
            }
            let was_certain = sum > CERTAIN;
            sum += odds;
            if sum > CERTAIN && !was_certain {
                self.problems
                    .add(&at.field(FIELD), Fault::OddsAboveOne { sum });
            }
        }
    }

    /// The prize with which a draw at the end has too many winners is told.
    fn winners(&mut self, at: &At<'_>, draw: &'d contract::Draw) {
        if draw.mode() != Mode::AtEnd {
            return;
        }
        let mut winners = 0_i64;
        for (index, prize) in draw.prizes.iter().enumerate() {
            let was_too_many = winners > MAX_WINNERS;
            winners = winners.saturating_add(prize.stock);
            if winners > MAX_WINNERS && !was_too_many {
                let most = MAX_WINNERS;
                let fault = Fault::TooManyWinners { winners, most };
                self.problems.add(&at.index(index).field("stock"), fault);
            }
        }
    }

    fn prize(&mut self, at: &At<'_>, prize: &'d contract::Prize) -> Option<Prize> {
        let grants = self.list(at, "grants", &prize.grants, Self::grant)?;
        Some(Prize {
            prize_id: PrizeId::new(&prize.prize_id),
            display_name: prize.display_name.clone(),
            odds_per_million: whole(prize.odds_per_million),
            stock: whole(prize.stock),
            grants,
            cost: Points::new(prize.cost_points),
        })
    }
}
