use calendar::DateRange;
use jiff::civil::Date;

use super::tally::Known;
use super::{Case, Standing};
use crate::domain::program::TierId;

/// How far a member is on a ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What counts today.
    pub metric: i64,
    /// The days that it is counted over.
    pub window: DateRange,
    /// The next day on which earlier ones stop counting; `None` when none ever does.
    pub window_changes_on: Option<Date>,
    /// The next tier; `None` on the highest one.
    pub next: Option<Next>,
    /// What the tier is kept by; `None` where nothing is reviewed.
    pub keeping: Option<Keeping>,
}

/// The next tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// The tier.
    pub tier_id: TierId,
    /// What it takes.
    pub threshold: i64,
    /// What is missing today.
    pub missing: i64,
}

/// What a tier is kept by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// The day at whose end it is reviewed.
    pub reviewed_on: Date,
    /// What it takes then.
    pub threshold: i64,
    /// What of the present metric will still count then.
    pub counting_then: i64,
    /// What is missing, if nothing else is to count until then.
    pub missing: i64,
}

/// What is missing to the next tier, and to keep the present one. `None` where the program of today
/// has no such ladder.
pub fn progress(standing: &Standing, case: &Case<'_>) -> Option<Progress> {
    let era = case.era(case.today)?;
    let window = era.window(case.joined_on, case.today)?;
    let metric = era.metric(case.joined_on, case.today, Known::AtTheEndOf(case.today));
    let height = era.height(standing.tier_id());
    let above = height.map_or(0, |height| height + 1);
    let next = era.ladder?.tiers.get(above).map(|tier| Next {
        tier_id: tier.tier_id.clone(),
        threshold: tier.threshold,
        missing: missing(tier.threshold, metric),
    });
    Some(Progress {
        metric,
        window,
        window_changes_on: era
            .ladder?
            .window
            .of(case.joined_on)
            .next_change(case.today),
        next,
        keeping: keeping(standing, case),
    })
}

fn keeping(standing: &Standing, case: &Case<'_>) -> Option<Keeping> {
    let era = case.era(case.today)?;
    let (_, tier) = era.step(standing.tier_id())?;
    let reviewed_on = standing.place.until?;
    let then = era.metric(case.joined_on, reviewed_on, Known::AtTheEndOf(reviewed_on));
    Some(Keeping {
        reviewed_on,
        threshold: tier.keep_threshold,
        counting_then: then,
        missing: missing(tier.keep_threshold, then),
    })
}

fn missing(threshold: i64, there: i64) -> i64 {
    threshold.saturating_sub(there).max(0)
}
