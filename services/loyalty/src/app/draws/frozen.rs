//! A draw by the rules that it was opened with.

use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use sqlx::PgConnection;
use uuid::Uuid;

use super::DrawsError;
use crate::app::{AppError, Loyalty};
use crate::domain::Points;
use crate::domain::draws::{Digest, DrawRules, Mode, PrizeRule, Seed, SeedChain, commitment};
use crate::domain::program::{Draw, DrawMode, Program};
use crate::store::draws::DrawRow;

/// A draw without an end is closed after so many days: each day has a seed of its own, and all of
/// them are committed to together.
const LONGEST_DAYS: i64 = 3_660;

/// A draw with the program that it was opened under.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    /// The program.
    pub(crate) program: Arc<Program>,
    /// What of it decides.
    pub(crate) rules: DrawRules,
    /// Where it stands.
    pub(crate) row: DrawRow,
}

impl Frozen {
    /// The draw of a row.
    pub(super) async fn of(
        loyalty: &Loyalty,
        db: &mut PgConnection,
        row: DrawRow,
    ) -> Result<Self, AppError> {
        let version = row.program_version;
        let program = loyalty
            .programs
            .version(db, &row.program_id, version)
            .await?;
        let draw = program.document.draw(&row.draw_id);
        let draw = draw.ok_or_else(|| DrawsError::NotFound {
            draw_id: row.draw_id.clone(),
        })?;
        let span = (row.starts_at, row.ends_at);
        let rules = rules(&row.program_id, draw, span);
        Ok(Self {
            program,
            rules,
            row,
        })
    }

    /// What the program says of it.
    pub(crate) fn draw(&self) -> Result<&Draw, DrawsError> {
        let draw = self.program.document.draw(&self.row.draw_id);
        draw.ok_or_else(|| DrawsError::NotFound {
            draw_id: self.row.draw_id.clone(),
        })
    }

    /// Its seeds. They are not stored, but computed from the row under the services' key; what was
    /// committed to tells whether it is still that key.
    pub(super) fn seeds(&self, secret: &[u8; 32]) -> Result<SeedChain, DrawsError> {
        let seeds = seeds(secret, &self.rules, self.row.nonce);
        let promised = commitment(&self.rules.digest(), self.row.opened_at, &seeds.head());
        if promised == self.row.commitment {
            Ok(seeds)
        } else {
            let draw_id = self.row.draw_id.clone();
            Err(DrawsError::SeedLost { draw_id })
        }
    }

    /// The seed of a segment, if it has been told.
    pub(crate) fn told(&self, segment: u32) -> Option<Seed> {
        let (segments, latest) = self.row.told?;
        SeedChain::new(latest, segments).seed(segment)
    }
}

/// What of a draw decides it.
pub(super) fn rules(
    program_id: &str,
    draw: &Draw,
    (starts_at, ends_at): (Timestamp, Timestamp),
) -> DrawRules {
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let prizes = draw.prizes.iter().map(|prize| PrizeRule {
        prize_id: prize.prize_id.as_str().to_owned(),
        odds_per_million: i64::from(prize.odds_per_million),
        stock: whole(prize.stock),
        cost_points: prize.cost.get(),
    });
    DrawRules {
        program_id: program_id.to_owned(),
        draw_id: draw.draw_id.as_str().to_owned(),
        mode: match draw.mode {
            DrawMode::Instant => Mode::Instant,
            DrawMode::AtEnd => Mode::AtEnd,
        },
        starts_at,
        ends_at,
        prizes: prizes.collect(),
        budget_points: draw.budget.map(Points::get),
    }
}

/// From when until when a draw runs that is opened now.
pub(super) fn span(draw: &Draw, now: Timestamp) -> (Timestamp, Timestamp) {
    let starts_at = draw.window.start.unwrap_or(now);
    let longest = SignedDuration::from_hours(24 * LONGEST_DAYS);
    let at_last = starts_at.saturating_add(longest).unwrap_or(Timestamp::MAX);
    (starts_at, draw.window.end.unwrap_or(at_last))
}

/// The seeds of a draw.
pub(super) fn seeds(secret: &[u8; 32], rules: &DrawRules, nonce: Uuid) -> SeedChain {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of every length");
    mac.update(b"patron draw last seed 1");
    mac.update(&rules.digest().0);
    mac.update(nonce.as_bytes());
    let last = Seed::new(Digest(mac.finalize().into_bytes().into()));
    SeedChain::new(last, rules.segments())
}
