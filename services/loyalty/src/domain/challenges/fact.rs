use calendar::{Bucket, Zone};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::program::{Challenge, Counted, Goal, Measure};
use crate::domain::{Act, SaleChange};

/// What a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactKind {
    /// A purchase.
    Sale,
    /// An act.
    Act,
}

/// A purchase or act that a challenge looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub kind: FactKind,
    /// The order or the act.
    pub fact_id: String,
    /// The local day on which it happened.
    pub day: Date,
    /// The stretch of time that it counts for.
    pub cycle: Bucket,
    /// 1, or 0 for a purchase of which nothing is left.
    pub times: i64,
    /// What was paid, as the goal counts it.
    pub money: i64,
}

/// A purchase as a fact of a challenge that counts purchases, whatever its condition; `None` when
/// the challenge does not look at it.
pub fn of_sale(challenge: &Challenge, sale: &SaleChange, zone: &Zone) -> Option<Fact> {
    counted(&challenge.goal).filter(|counted| counted.activity_type.is_none())?;
    let counts = sale.after.counts;
    dated(challenge, sale.ordered_at, zone).map(|(day, cycle)| Fact {
        kind: FactKind::Sale,
        fact_id: sale.order_id.clone(),
        day,
        cycle,
        times: i64::from(counts),
        money: if counts {
            money(&challenge.goal, sale)
        } else {
            0
        },
    })
}

/// An act as a fact of a challenge that counts acts of its type, whatever its condition.
pub fn of_act(challenge: &Challenge, act: &Act, zone: &Zone) -> Option<Fact> {
    let wanted = counted(&challenge.goal)?.activity_type.as_ref()?;
    if wanted.as_str() != act.activity_type {
        return None;
    }
    dated(challenge, act.occurred_at, zone).map(|(day, cycle)| Fact {
        kind: FactKind::Act,
        fact_id: act.activity_id.clone(),
        day,
        cycle,
        times: 1,
        money: 0,
    })
}

fn money(goal: &Goal, sale: &SaleChange) -> i64 {
    let (paid, minor) = (sale.currency, sale.after.net_minor);
    match goal {
        Goal::Counter {
            measure: Measure::Money { currency },
            ..
        } => match currency {
            None => paid.hundredths(minor),
            Some(currency) if *currency == paid => minor,
            Some(_) => 0,
        },
        Goal::Counter { .. } | Goal::Streak { .. } | Goal::Quiz { .. } => 0,
    }
}

fn counted(goal: &Goal) -> Option<&Counted> {
    match goal {
        Goal::Counter { counted, .. } | Goal::Streak { counted, .. } => Some(counted),
        Goal::Quiz { .. } => None,
    }
}

/// The local day and the cycle of an instant at which the challenge runs.
fn dated(challenge: &Challenge, at: Timestamp, zone: &Zone) -> Option<(Date, Bucket)> {
    let day = zone.date_of(at);
    let is_running = challenge.window.contains(at);
    is_running.then(|| (day, challenge.repeat.bucket(day)))
}
