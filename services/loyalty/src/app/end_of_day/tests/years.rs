//! Three years of a program, day by day, against a naive model of points and the pure tiers.

use std::collections::BTreeMap;

use calendar::{RoundUp, Span, Zone};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::model::{Lot, Wallet};
use crate::app::redeem::Redeem;
use crate::app::testing::World;
use crate::app::writer::Command as _;
use crate::domain::ledger::{Points, WalletId};

const MEMBERS: usize = 200;
/// Of them, those who do something, so that each does often enough to rise and fall.
const MOST_ACTIVE: usize = 40;
const DAYS: i64 = 3 * 365;

const PROGRAM: &str = "
displayName: Years
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    pending: {days: 7}
    expiry: {months: 3, roundUp: ROUND_UP_MONTH, reminderDays: [7]}
tierLadders:
  - ladderId: status
    metric: METRIC_SPEND
    window: {rollingMonths: 6}
    tiers:
      - {tierId: silver, threshold: 50000}
      - {tierId: gold, threshold: 150000, keepThreshold: 100000}
    downgrade: DOWNGRADE_ONE_STEP
    validityMonths: 3
    validityRoundUp: ROUND_UP_MONTH
    takeBackOnReturn: true
";

/// What a member does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Buy(i64),
    /// Of what is available, so many percent.
    Spend(i64),
}

fn any_act() -> impl Strategy<Value = (usize, Act)> {
    let act = prop_oneof![
        3 => (1_i64..900).prop_map(Act::Buy),
        1 => (1_i64..=100).prop_map(Act::Spend),
    ];
    (0..MOST_ACTIVE, act)
}

/// A member as the model knows it.
#[derive(Default)]
struct Known {
    wallet: Wallet,
    /// Purchases by day, in yuan.
    spent: BTreeMap<Date, i64>,
    tier: Standing,
}

/// Height on the ladder (0 none, 1 silver, 2 gold), and the end of its term.
#[derive(Clone, Copy, Default)]
struct Standing {
    height: usize,
    until: Option<Date>,
}

impl Known {
    fn metric(&self, as_of: Date) -> i64 {
        let first = Span::months(6).before(as_of).tomorrow().unwrap();
        self.spent
            .range(first..=as_of)
            .map(|(_, yuan)| yuan * 100)
            .sum()
    }

    fn rise(&mut self, day: Date) {
        let metric = self.metric(day);
        let height = usize::from(metric >= 50_000) + usize::from(metric >= 150_000);
        if height > self.tier.height {
            self.tier = Standing {
                height,
                until: Some(term(day)),
            };
        }
    }

    fn review(&mut self, day: Date) {
        if self.tier.until != Some(day) {
            return;
        }
        let metric = self.metric(day);
        let keeps = match self.tier.height {
            2 => metric >= 100_000,
            _ => metric >= 50_000,
        };
        let height = if keeps {
            self.tier.height
        } else {
            self.tier.height - 1
        };
        let until = (height > 0).then(|| term(day));
        self.tier = Standing { height, until };
    }

    fn tier(&self) -> &'static str {
        ["-", "silver", "gold"][self.tier.height]
    }
}

fn term(day: Date) -> Date {
    RoundUp::Month.apply(Span::months(3).after(day))
}

#[tokio::test]
async fn three_years_of_days_lead_where_a_naive_model_does() {
    let world = World::new(PROGRAM, "2026-01-01T04:00:00Z").await;
    let zone = Zone::parse("Asia/Shanghai").unwrap();
    let mut members: Vec<(Uuid, Known)> = Vec::new();
    for _ in 0..MEMBERS {
        members.push((world.join().await, Known::default()));
    }
    let mut runner = TestRunner::deterministic();
    let start: Timestamp = world.loyalty.now();
    let mut today = world.today();
    for day in 0..DAYS {
        let now = start + SignedDuration::from_hours(24 * day);
        world.loyalty.clock.set(now);
        world.settle().await;
        while today < zone.date_of(now) {
            for (_, known) in &mut members {
                known.review(today);
            }
            today = today.tomorrow().unwrap();
        }
        for (_, known) in &mut members {
            known.wallet.pass(now);
        }
        let (place, act) = any_act().new_tree(&mut runner).unwrap().current();
        let (customer_id, known) = &mut members[place];
        perform(&world, *customer_id, known, act, &zone).await;
        if day % 90 == 89 {
            compare(&world, &members).await;
        }
    }
    let lapsed: i64 = members.iter().map(|(_, known)| known.wallet.lapsed).sum();
    let expired: Vec<contract::patron::loyalty::v1::PointsExpired> = world.announced().await;
    assert_eq!(
        expired.iter().map(|event| event.amount).sum::<i64>(),
        lapsed
    );
    assert!(lapsed > 0, "something has lapsed");
}

async fn perform(world: &World, customer_id: Uuid, known: &mut Known, act: Act, zone: &Zone) {
    let now = world.loyalty.now();
    let day = zone.date_of(now);
    match act {
        Act::Buy(yuan) => {
            world.buy(customer_id, yuan).await;
            world.earn(customer_id, WalletId::POINTS, yuan).await;
            let last_day = RoundUp::Month.apply(Span::months(3).after(day));
            known.wallet.lots.push(Lot {
                earned_at: now,
                active_at: now + SignedDuration::from_hours(24 * 7),
                expires_at: zone.end_of(last_day),
                left: yuan,
            });
            *known.spent.entry(day).or_default() += yuan;
            known.rise(day);
        }
        Act::Spend(percent) => {
            let points = known.wallet.available(now) * percent / 100;
            if points > 0 {
                spend(world, customer_id, points).await;
                known.wallet.spend(now, points);
            }
        }
    }
}

async fn spend(world: &World, customer_id: Uuid, points: i64) {
    let redeem = Redeem {
        customer_id,
        wallet_id: None,
        points: Points::new(points),
        reference: "a mug".to_owned(),
        reward_id: String::new(),
    };
    let mut tx = world.loyalty.db.begin().await.unwrap();
    let mut books = world.open(&mut tx, redeem.need()).await;
    redeem
        .decide(&books)
        .unwrap()
        .enter(&mut books, "")
        .unwrap();
    books.write(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

async fn compare(world: &World, members: &[(Uuid, Known)]) {
    let now = world.loyalty.now();
    for (place, (customer_id, known)) in members.iter().enumerate() {
        let balances = world.balances(*customer_id, WalletId::POINTS).await;
        let found = (balances.available.get(), balances.pending.get());
        let expected = (known.wallet.available(now), known.wallet.pending(now));
        assert_eq!(found, expected, "points of member {place} at {now}");
        assert_eq!(
            world.tier(*customer_id).await,
            known.tier(),
            "tier of member {place} at {now}"
        );
    }
}
