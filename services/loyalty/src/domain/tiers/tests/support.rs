//! A ladder to stand on, and one member with its facts.

use calendar::RoundUp;
use jiff::civil::{Date, date};

use crate::domain::Currency;
use crate::domain::program::{Downgrade, LadderId, Metric, MetricWindow, Tier, TierId, TierLadder};
use crate::domain::tiers::{
    Addition, Case, Change, Counted, Era, Gift, Progress, Record, Touch, progress, settle,
};

pub(super) const JOINED_ON: Date = date(2025, 1, 10);

/// Silver from 100, gold from 500 (kept with 300), diamond from 1,000 (kept with 800).
pub(super) fn ladder() -> TierLadder {
    TierLadder {
        ladder_id: LadderId::new("status"),
        display_name: "Status".to_owned(),
        metric: Metric::Spend { currency: None },
        window: MetricWindow::RollingMonths(12),
        tiers: vec![
            tier("silver", 100, 100, None),
            tier("gold", 500, 300, Some("silver")),
            tier("diamond", 1_000, 800, Some("gold")),
        ],
        downgrade: Downgrade::OneStep,
        validity_months: 12,
        validity_round_up: RoundUp::Month,
        take_back_on_return: true,
    }
}

fn tier(tier_id: &str, threshold: i64, keep_threshold: i64, falls_to: Option<&str>) -> Tier {
    Tier {
        tier_id: TierId::new(tier_id),
        display_name: tier_id.to_owned(),
        threshold,
        keep_threshold,
        falls_to: falls_to.map(TierId::new),
    }
}

pub(super) fn addition(day: Date, amount: i64, taken_back_on: Option<Date>) -> Addition {
    Addition {
        day,
        taken_back_on,
        counted: Counted::Purchase {
            currency: Currency::parse("CNY").unwrap(),
            minor: amount,
            hundredths: amount,
            visits: amount.signum(),
            points: amount,
        },
    }
}

/// A member on ladders that follow each other, settled as the service would: at each new fact, and
/// at the end of days on which something is due.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) ladders: Vec<(Date, TierLadder)>,
    pub(super) additions: Vec<Addition>,
    pub(super) gifts: Vec<Gift>,
    pub(super) today: Date,
    pub(super) record: Option<Record>,
    pub(super) changes: Vec<Change>,
}

impl Member {
    pub(super) fn on(ladder: TierLadder) -> Self {
        Self::on_all(vec![(JOINED_ON, ladder)])
    }

    pub(super) fn on_all(ladders: Vec<(Date, TierLadder)>) -> Self {
        Self {
            ladders,
            additions: Vec::new(),
            gifts: Vec::new(),
            today: JOINED_ON,
            record: None,
            changes: Vec::new(),
        }
    }

    /// Buys on a day that may be past.
    pub(super) fn buy(&mut self, day: Date, amount: i64) {
        self.learn(addition(day, amount, None));
    }

    /// Brings back, today, of what was bought on a day.
    pub(super) fn bring_back(&mut self, bought_on: Date, amount: i64) {
        self.learn(addition(bought_on, -amount, Some(self.today)));
    }

    /// Hears of something that counts.
    pub(super) fn learn(&mut self, addition: Addition) {
        let touch = Touch::by(&addition, &self.eras(&[]));
        self.additions.push(addition);
        self.settle(touch);
    }

    pub(super) fn give(&mut self, gift: Gift) {
        let touch = Touch::by_gift(&gift);
        self.gifts.push(gift);
        self.settle(touch);
    }

    /// Lets days pass; at the end of each the service looks whether something is due.
    pub(super) fn until(&mut self, day: Date) {
        while self.today < day {
            let over = self.today;
            self.today = over.tomorrow().unwrap();
            let due_on = self.record.as_ref().and_then(|record| record.due_on);
            if due_on.is_some_and(|due_on| due_on <= over) {
                self.settle(Touch::Nothing);
            }
        }
    }

    fn eras(&self, additions: &[Addition]) -> Vec<Era<'_>> {
        let mut version = 0;
        let eras = self.ladders.iter().map(|(from, ladder)| {
            version += 1;
            Era::new(*from, version, Some(ladder)).counting(additions)
        });
        eras.collect()
    }

    fn settle(&mut self, touch: Touch) {
        let needed = touch.needs(self.record.as_ref(), JOINED_ON, &self.eras(&[]));
        let mut additions = self.additions.clone();
        additions.retain(|addition| needed.is_none_or(|first| addition.day >= first));
        let eras = self.eras(&additions);
        let settlement = settle(self.record.as_ref(), touch, &self.case(&eras));
        self.changes.extend(settlement.changes);
        self.record = Some(settlement.record);
    }

    fn case<'a>(&'a self, eras: &'a [Era<'a>]) -> Case<'a> {
        Case {
            joined_on: JOINED_ON,
            eras,
            gifts: &self.gifts,
            today: self.today,
        }
    }

    /// Tier, first and last day, as `gold 2025-03-01 2026-03-31`.
    pub(super) fn standing(&self) -> String {
        let Some(record) = &self.record else {
            return format!("- {JOINED_ON} -");
        };
        let place = &record.shown.place;
        let tier_id = place.tier_id.as_ref().map_or("-", TierId::as_str);
        let until = place
            .until
            .map_or("-".to_owned(), |until| until.to_string());
        format!("{tier_id} {} {until}", place.since)
    }

    pub(super) fn progress(&self) -> Progress {
        let eras = self.eras(&self.additions);
        progress(&self.record.as_ref().unwrap().shown, &self.case(&eras)).unwrap()
    }
}
