use ::contract::checks::At;
use contract::metric_window::Window;
use contract::patron::loyalty::v1 as contract;
use contract::tier_ladder::{Downgrade as WireDowngrade, Metric as WireMetric};

use calendar::Unit;

use super::names::told;
use super::values::{or, round_up, whole};
use super::{Fault, Reader};
use crate::domain::program::{Downgrade, LadderId, Metric, MetricWindow, Tier, TierId, TierLadder};

impl<'d> Reader<'d> {
    pub(super) fn ladder(
        &mut self,
        at: &At<'_>,
        ladder: &'d contract::TierLadder,
    ) -> Option<TierLadder> {
        let metric = self.metric(at, ladder);
        let window = self.metric_window(at, ladder.window.as_ref());
        let tiers = self.tiers(at, &ladder.tiers);
        let downgrade = match ladder.downgrade() {
            WireDowngrade::Unspecified | WireDowngrade::None => Downgrade::None,
            WireDowngrade::OneStep => Downgrade::OneStep,
            WireDowngrade::Full => Downgrade::Full,
        };
        let validity_round_up = round_up(ladder.validity_round_up());
        let has_term = ladder.validity_months != 0
            || ladder.validity_round_up() != contract::RoundUp::Unspecified;
        if downgrade != Downgrade::None && !has_term {
            self.problems
                .add(&at.field("validity_months"), Fault::NoReview);
        }
        Some(TierLadder {
            ladder_id: LadderId::new(&ladder.ladder_id),
            display_name: ladder.display_name.clone(),
            metric: metric?,
            window: window?,
            tiers,
            downgrade,
            validity_months: whole(ladder.validity_months),
            validity_round_up,
            take_back_on_return: ladder.take_back_on_return,
        })
    }

    fn metric(&mut self, at: &At<'_>, ladder: &'d contract::TierLadder) -> Option<Metric> {
        let metric = ladder.metric();
        let (currency, activity) = (&ladder.currency_code, &ladder.activity_type);
        let has_currency = !currency.is_empty() && metric != WireMetric::Spend;
        self.only_with(has_currency, at, "currency_code", "METRIC_SPEND");
        let has_activity = !activity.is_empty() && metric != WireMetric::Activity;
        self.only_with(has_activity, at, "activity_type", "METRIC_ACTIVITY");
        match metric {
            WireMetric::Unspecified => self.missing(at, "metric"),
            WireMetric::Spend if currency.is_empty() => Some(Metric::Spend { currency: None }),
            WireMetric::Spend => {
                let currency = self.currency(&at.field("currency_code"), currency)?;
                let currency = Some(currency);
                Some(Metric::Spend { currency })
            }
            WireMetric::Visits => Some(Metric::Visits),
            WireMetric::Points => Some(Metric::Points),
            WireMetric::Activity => {
                let activity = self.activity_type(&at.field("activity_type"), activity)?;
                Some(Metric::Activity(activity))
            }
        }
    }

    fn metric_window(
        &mut self,
        at: &At<'_>,
        window: Option<&contract::MetricWindow>,
    ) -> Option<MetricWindow> {
        let Some(window) = window.and_then(|window| window.window) else {
            return self.missing(at, "window");
        };
        let at = &at.field("window");
        match window {
            Window::RollingDays(days) => Some(MetricWindow::RollingDays(whole(days))),
            Window::RollingMonths(months) => Some(MetricWindow::RollingMonths(whole(months))),
            Window::Calendar(period) => {
                let unit = match contract::Period::try_from(period) {
                    Ok(contract::Period::Month) => Unit::Month,
                    Ok(contract::Period::Quarter) => Unit::Quarter,
                    Ok(contract::Period::Year) => Unit::Year,
                    _ => {
                        self.problems
                            .add(&at.field("calendar"), Fault::CalendarWindow);
                        return None;
                    }
                };
                Some(MetricWindow::Calendar(unit))
            }
            Window::Anniversary(true) => Some(MetricWindow::Anniversary),
            Window::Lifetime(true) => Some(MetricWindow::Lifetime),
            Window::Anniversary(false) => self.must_be_true(at, "anniversary"),
            Window::Lifetime(false) => self.must_be_true(at, "lifetime"),
        }
    }

    pub(super) fn must_be_true<T>(&mut self, at: &At<'_>, field: &str) -> Option<T> {
        self.problems.add(&at.field(field), Fault::MustBeTrue);
        None
    }

    fn tiers(&mut self, at: &At<'_>, tiers: &'d [contract::Tier]) -> Vec<Tier> {
        let list = &at.field("tiers");
        self.unique(
            list,
            "tier_id",
            tiers.iter().map(|tier| tier.tier_id.as_str()),
        );
        self.ascending(list, "threshold", tiers.iter().map(|tier| tier.threshold));
        for (height, tier) in tiers.iter().enumerate() {
            self.tier_alone(&list.index(height), tier);
            self.fall(&list.index(height), tiers, height);
        }
        let falls = tiers.iter().enumerate().map(|(height, tier)| {
            let below = || {
                tiers
                    .get(height.checked_sub(1)?)
                    .map(|below| &below.tier_id)
            };
            let named = Some(&tier.falls_to).filter(|named| !named.is_empty());
            named.or_else(below).map(|below| TierId::new(below))
        });
        let tier = |(tier, falls_to): (&contract::Tier, Option<TierId>)| Tier {
            tier_id: TierId::new(&tier.tier_id),
            display_name: tier.display_name.clone(),
            threshold: tier.threshold,
            keep_threshold: or(tier.keep_threshold, tier.threshold),
            falls_to,
        };
        tiers.iter().zip(falls).map(tier).collect()
    }

    fn tier_alone(&mut self, at: &At<'_>, tier: &contract::Tier) {
        if tier.keep_threshold > tier.threshold {
            let threshold = tier.threshold;
            let fault = Fault::AboveThreshold { threshold };
            self.problems.add(&at.field("keep_threshold"), fault);
        }
    }

    /// Where a tier falls to must be there and lower. Of tiers that fall in a circle the lowest is
    /// told; those on the way into it are told of their own fault, if they have one.
    fn fall(&mut self, at: &At<'_>, tiers: &'d [contract::Tier], height: usize) {
        let Some(tier) = tiers.get(height).filter(|tier| !tier.falls_to.is_empty()) else {
            return;
        };
        let at = &at.field("falls_to");
        let Some(lower) = height_of(tiers, &tier.falls_to) else {
            let known: Vec<&str> = tiers.iter().map(|tier| tier.tier_id.as_str()).collect();
            self.unknown(at, "tier", &tier.falls_to, told(&known));
            return;
        };
        if let Some(circle) = circle(tiers, height) {
            if circle.iter().min() == Some(&height) {
                let names = circle.iter().chain([&height]);
                let names: Vec<&str> = names
                    .filter_map(|height| Some(tiers.get(*height)?.tier_id.as_str()))
                    .collect();
                let circle = names.join(" → ");
                self.problems.add(at, Fault::Circle { circle });
            }
        } else if lower >= height {
            self.problems.add(at, Fault::FallsUp(tier.falls_to.clone()));
        }
    }
}

fn height_of(tiers: &[contract::Tier], id: &str) -> Option<usize> {
    tiers.iter().position(|tier| tier.tier_id == id)
}

/// The tiers that one falls through until it is reached again, itself first; `None` when it never
/// is.
fn circle(tiers: &[contract::Tier], start: usize) -> Option<Vec<usize>> {
    let mut way = vec![start];
    // Whoever passes more tiers than there are goes round a circle without the start.
    while way.len() <= tiers.len() {
        let tier = tiers.get(*way.last()?)?;
        let next = match tier.falls_to.as_str() {
            "" => way.last()?.checked_sub(1)?,
            named => height_of(tiers, named)?,
        };
        if next == start {
            return Some(way);
        }
        way.push(next);
    }
    None
}
