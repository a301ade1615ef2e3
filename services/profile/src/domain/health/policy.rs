//! What a company says of health.

use jiff::{SignedDuration, Timestamp};

use super::heard::Priority;
use super::{Band, Since};
use crate::domain::interaction::Kind;
use crate::domain::invalid::{Invalid, Problem};
use crate::domain::money::Currency;
use crate::domain::segment::condition::Reach;

/// What the index is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) recency: Recency,
    pub(crate) trend: Trend,
    pub(crate) nps: Nps,
    pub(crate) complaints: Complaints,
    pub(crate) engagement: Engagement,
    pub(crate) bands: Bands,
}

/// How much a part counts, and the points that its measure gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scale {
    pub(crate) weight: i64,
    /// From which measure on, so many points; the first is from 0, and each one is from more.
    pub(crate) steps: Vec<(i64, i64)>,
}

/// The time since the last order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recency {
    pub(crate) scale: Scale,
    /// From so many orders on the gap is the customer's own.
    pub(crate) own_from: i64,
    pub(crate) default_days: i64,
    pub(crate) least_days: i64,
}

/// What is spent, against what was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trend {
    pub(crate) scale: Scale,
    pub(crate) window: SignedDuration,
    pub(crate) currency: Currency,
}

/// The latest score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nps {
    pub(crate) scale: Scale,
    pub(crate) max_age: SignedDuration,
}

/// Complaints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaints {
    pub(crate) scale: Scale,
    pub(crate) window: SignedDuration,
    pub(crate) open_factor: i64,
    /// Low, normal, high, urgent.
    pub(crate) counts: [i64; 4],
}

/// Interactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Engagement {
    pub(crate) scale: Scale,
    pub(crate) window: SignedDuration,
    pub(crate) worth: Vec<(Kind, i64)>,
}

/// From which index on each band is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bands {
    pub(crate) thriving: i64,
    pub(crate) steady: i64,
    pub(crate) at_risk: i64,
}

/// So many times 24 hours.
pub(crate) fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(days.saturating_mul(24))
}

impl Scale {
    fn new(weight: i64, steps: &[(i64, i64)]) -> Self {
        let steps = steps.to_vec();
        Self { weight, steps }
    }

    /// The points of a measure.
    pub(super) fn points(&self, measure: i64) -> i64 {
        let reached = self.steps.iter().rev().find(|(from, _)| *from <= measure);
        reached.map_or(0, |(_, points)| *points)
    }

    /// The least measure above one that may give other points.
    pub(super) fn next_above(&self, measure: i64) -> Option<i64> {
        let above = self.steps.iter().map(|(from, _)| *from);
        above.filter(|from| *from > measure).min()
    }

    fn check(&self, part: &str) -> Result<(), Invalid> {
        let mut least = 0;
        for (at, (from, _)) in self.steps.iter().enumerate() {
            if (at == 0 && *from != 0) || *from < least {
                let field = format!("{part}.steps[{at}].from");
                return Err(Invalid::new(field, Problem::NotRising));
            }
            least = from.saturating_add(1);
        }
        Ok(())
    }
}

impl Complaints {
    /// What a complaint of a priority counts.
    pub(super) fn count(&self, priority: Priority) -> i64 {
        let [low, normal, high, urgent] = self.counts;
        match priority {
            Priority::Low => low,
            Priority::Normal => normal,
            Priority::High => high,
            Priority::Urgent => urgent,
        }
    }
}

impl Engagement {
    /// What an interaction is worth.
    pub(super) fn worth(&self, kind: Kind) -> i64 {
        let known = self.worth.iter().find(|(of, _)| *of == kind);
        known.map_or(0, |(_, worth)| *worth)
    }
}

impl Bands {
    /// The band of an index.
    pub(super) fn of(self, index: i64) -> Band {
        match index {
            _ if index >= self.thriving => Band::Thriving,
            _ if index >= self.steady => Band::Steady,
            _ if index >= self.at_risk => Band::AtRisk,
            _ => Band::Critical,
        }
    }
}

impl Policy {
    /// What Patron proposes to begin with. A company sets its own currency, gaps and weights.
    pub(crate) fn proposed() -> Self {
        let worth = [
            (Kind::Visit, 10),
            (Kind::Cart, 5),
            (Kind::Chat, 5),
            (Kind::Call, 5),
            (Kind::Email, 3),
            (Kind::PageView, 1),
        ];
        Self {
            recency: Recency {
                scale: Scale::new(
                    300,
                    &[
                        (0, 1_000),
                        (1_001, 800),
                        (1_500, 500),
                        (2_000, 250),
                        (3_000, 0),
                    ],
                ),
                own_from: 3,
                default_days: 60,
                least_days: 7,
            },
            trend: Trend {
                scale: Scale::new(
                    200,
                    &[(0, 0), (250, 250), (500, 500), (800, 750), (1_000, 1_000)],
                ),
                window: days(90),
                currency: Currency::EURO,
            },
            nps: Nps {
                scale: Scale::new(200, &[(0, 0), (5, 250), (7, 600), (9, 1_000)]),
                max_age: days(365),
            },
            complaints: Complaints {
                scale: Scale::new(200, &[(0, 1_000), (1, 700), (4, 400), (8, 200), (16, 0)]),
                window: days(90),
                open_factor: 2,
                counts: [1, 2, 4, 8],
            },
            engagement: Engagement {
                scale: Scale::new(100, &[(0, 0), (1, 400), (10, 700), (30, 1_000)]),
                window: days(90),
                worth: worth.to_vec(),
            },
            bands: Bands {
                thriving: 80,
                steady: 60,
                at_risk: 40,
            },
        }
    }

    /// Refuses what contradicts itself.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        let scales = self.scales();
        for (part, scale) in scales {
            scale.check(part)?;
        }
        if scales.iter().all(|(_, scale)| scale.weight == 0) {
            return Err(Invalid::new("recency.weight", Problem::NothingCounts));
        }
        let Bands {
            thriving,
            steady,
            at_risk,
        } = self.bands;
        if steady >= thriving {
            return Err(Invalid::new("bands.steady_from", Problem::NotBelow));
        }
        if at_risk >= steady {
            return Err(Invalid::new("bands.at_risk_from", Problem::NotBelow));
        }
        Ok(())
    }

    fn scales(&self) -> [(&'static str, &Scale); 5] {
        [
            ("recency", &self.recency.scale),
            ("spend_trend", &self.trend.scale),
            ("nps", &self.nps.scale),
            ("complaints", &self.complaints.scale),
            ("engagement", &self.engagement.scale),
        ]
    }

    /// How far back it looks at single orders.
    pub(crate) fn reach(&self) -> Reach {
        if self.trend.scale.weight == 0 {
            return Reach::Figures;
        }
        Reach::Window(self.trend.window.saturating_add(self.trend.window))
    }

    /// From when on it looks at what else is heard.
    pub(crate) fn since(&self, now: Timestamp) -> Since {
        let before =
            |window: SignedDuration| now.checked_sub(window).unwrap_or(Timestamp::UNIX_EPOCH);
        Since {
            cases: before(self.complaints.window),
            contacts: before(self.engagement.window),
        }
    }
}
