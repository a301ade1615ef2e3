use calendar::Zone;
use jiff::civil::Date;

use crate::domain::Currency;
use crate::domain::happened::{Act, SaleChange, SaleFigures};
use crate::domain::program::{ActivityType, Metric};

/// Something that counts, or counts no longer, on a local day. Never changed once it is recorded: a
/// return adds what takes the purchase's own amounts back, on the purchase's day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The day on which it counts: that of the purchase or act.
    pub day: Date,
    /// For what takes something back: the day on which that happened.
    pub taken_back_on: Option<Date>,
    /// How much of what.
    pub counted: Counted,
}

/// How much of what counts. Below 0 for what takes something back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Of purchases.
    Purchase {
        /// The currency.
        currency: Currency,
        /// Money in its minor units.
        minor: i64,
        /// The same in hundredths of a major unit.
        hundredths: i64,
        /// Purchases.
        visits: i64,
        /// Points.
        points: i64,
    },
    /// Of acts.
    Acts {
        /// Their type.
        activity_type: ActivityType,
        /// How many.
        times: i64,
    },
}

impl Addition {
    /// What takes it back, on a day.
    #[must_use]
    pub fn negated(&self, on: Date) -> Self {
        let counted = match &self.counted {
            Counted::Purchase {
                currency,
                minor,
                hundredths,
                visits,
                points,
            } => Counted::Purchase {
                currency: *currency,
                minor: minor.saturating_neg(),
                hundredths: hundredths.saturating_neg(),
                visits: visits.saturating_neg(),
                points: points.saturating_neg(),
            },
            Counted::Acts {
                activity_type,
                times,
            } => Counted::Acts {
                activity_type: activity_type.clone(),
                times: times.saturating_neg(),
            },
        };
        Self {
            day: self.day,
            taken_back_on: Some(on.max(self.day)),
            counted,
        }
    }

    /// What a change of a purchase adds; `None` when it changes nothing that counts. `known_on` is
    /// the day on which the change happened, which matters when it takes something back.
    pub fn of_sale(change: &SaleChange, zone: &Zone, known_on: Date) -> Option<Self> {
        let SaleChange { before, after, .. } = change;
        let hundredths = |figures: &SaleFigures| change.currency.hundredths(figures.net_minor);
        let counted = Counted::Purchase {
            currency: change.currency,
            minor: after.net_minor.saturating_sub(before.net_minor),
            hundredths: hundredths(after).saturating_sub(hundredths(before)),
            visits: i64::from(after.counts) - i64::from(before.counts),
            points: after.points.saturating_sub(before.points),
        };
        let day = zone.date_of(change.ordered_at);
        let takes_back = takes_back(before, after);
        (before != after).then_some(Self {
            day,
            taken_back_on: takes_back.then_some(known_on.max(day)),
            counted,
        })
    }

    /// What an act adds.
    pub fn of_act(act: &Act, zone: &Zone) -> Self {
        Self {
            day: zone.date_of(act.occurred_at),
            taken_back_on: None,
            counted: Counted::Acts {
                activity_type: ActivityType::new(&act.activity_type),
                times: 1,
            },
        }
    }

    /// How much of it counts by a metric.
    pub fn amount(&self, metric: &Metric) -> i64 {
        match (&self.counted, metric) {
            (Counted::Purchase { hundredths, .. }, Metric::Spend { currency: None }) => *hundredths,
            (
                Counted::Purchase {
                    currency, minor, ..
                },
                Metric::Spend {
                    currency: Some(wanted),
                },
            ) if currency == wanted => *minor,
            (Counted::Purchase { visits, .. }, Metric::Visits) => *visits,
            (Counted::Purchase { points, .. }, Metric::Points) => *points,
            (
                Counted::Acts {
                    activity_type,
                    times,
                },
                Metric::Activity(wanted),
            ) if activity_type == wanted => *times,
            _ => 0,
        }
    }
}

/// A purchase shrinks by its money, or where that stays by its points.
fn takes_back(before: &SaleFigures, after: &SaleFigures) -> bool {
    (after.net_minor, after.counts, after.points) < (before.net_minor, before.counts, before.points)
}
