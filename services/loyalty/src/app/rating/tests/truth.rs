//! After random facts in random order, the database says what a naive model says that rates all of
//! them from nothing.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};

use super::shop::{MEMBER, Shop, act, bought, returned};
use crate::app::DEFAULT_PROGRAM;
use crate::app::rating::Fact;
use crate::domain::happened::Act;
use crate::domain::ledger::Points;
use crate::domain::program::RuleId;
use crate::domain::rating::{
    Budgets, Done, MemberThen, Moment, Orders, Situation, Snapshot, Usage, Witness, rate,
};
use crate::domain::sales::{Return, Sale};
use crate::store::rating::{Key, Keys, ratings};

const FIRST: &str = "
displayName: First
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    displayName: Points
    debt: {mode: MODE_UNLIMITED}
earningRules:
  - ruleId: base
    displayName: Base
    order: {}
    perCurrencyUnit: {numerator: 1}
";

const SECOND: &str = "
displayName: Second
timeZone: Asia/Shanghai
wallets:
  - walletId: POINTS
    displayName: Points
    debt: {mode: MODE_UNLIMITED}
earningRules:
  - ruleId: base
    displayName: Base
    order: {}
    perCurrencyUnit: {numerator: 3, denominator: 2}
    caps: [{period: PERIOD_DAY, points: 40}, {period: PERIOD_MONTH, times: 5}]
  - ruleId: first
    displayName: First
    order: {}
    condition: member.order_count == 0 || member.?days_since_last_order.orValue(0) > 2
    fixedPoints: 100
  - ruleId: slow
    displayName: Slow
    order: {}
    fixedPoints: 9
    cooldownSeconds: 100000
    fundingPartner: bank
  - ruleId: share
    displayName: Share
    activityType: share
    fixedPoints: 5
    caps: [{period: PERIOD_WEEK, points: 8}]
campaigns:
  - campaignId: double
    displayName: Double
    budgetPoints: 150
    rules:
      - ruleId: double
        displayName: Double
        order: {}
        bonusMultiple: {numerator: 1}
";

fn instant(step: u8) -> String {
    format!(
        "2026-05-{:02}T{:02}:00:00Z",
        1 + step / 2,
        3 + 9 * (step % 2)
    )
}

fn fact() -> impl Strategy<Value = Fact> {
    let prices = |number: u8| vec![1_700 + 900 * i64::from(number), 800];
    prop_oneof![
        5 => (0..9_u8).prop_map(move |number| {
            // Two at one instant, some under the first version.
            bought(&format!("o{number}"), &instant(number / 2 * 2), &prices(number))
        }),
        3 => (0..9_u8, 0..4_u8).prop_map(move |(number, part)| {
            let (line, quantity) = (usize::from(part % 2), 1 + i64::from(part / 2));
            let paid = prices(number)[line];
            let refund = if quantity == 2 { paid } else { paid / 3 };
            returned(&format!("r{number}-{part}"), &format!("o{number}"), (line, quantity, refund))
        }),
        2 => (0..6_u8).prop_map(|number| {
            Fact::Did(act("share", &format!("a{number}"), &instant(number * 2)))
        }),
    ]
}

/// All that is known, rated from nothing in the order in which it happened.
#[derive(Default)]
struct Model {
    sales: BTreeMap<String, Sale>,
    returns: BTreeMap<String, Return>,
    acts: BTreeMap<String, Act>,
}

type Awards = Vec<(RuleId, Points)>;

impl Model {
    fn hear(&mut self, fact: &Fact) {
        match fact {
            Fact::Joined(_) => {}
            Fact::Bought(sale) => {
                self.sales
                    .entry(sale.order_id.clone())
                    .or_insert_with(|| sale.clone());
            }
            Fact::Returned(back) => {
                self.returns
                    .entry(back.return_id.clone())
                    .or_insert_with(|| back.clone());
            }
            Fact::Did(act) => {
                self.acts
                    .entry(act.activity_id.clone())
                    .or_insert_with(|| act.clone());
            }
        }
    }

    fn deeds(&self) -> BTreeMap<Moment, (Done, bool)> {
        let sales = self.sales.values().map(|sale| {
            let mut sale = sale.clone();
            for back in self.returns.values() {
                if back.order_id == sale.order_id {
                    sale.take_back(back);
                }
            }
            (Done::Basket(sale.basket()), sale.counts())
        });
        let acts = self
            .acts
            .values()
            .map(|act| (Done::act(act.clone()), false));
        sales
            .chain(acts)
            .map(|(done, counts)| (done.moment(), (done, counts)))
            .collect()
    }

    async fn truth(&self, shop: &Shop) -> (BTreeMap<Moment, Awards>, i64) {
        let (mut usage, mut budgets) = (Usage::default(), Budgets::default());
        let mut orders = Orders::default();
        let mut truth = BTreeMap::new();
        let mut db = shop.0.loyalty.db.pool().acquire().await.unwrap();
        for (moment, (done, counts)) in self.deeds() {
            let programs = &shop.0.loyalty.programs;
            let program = programs
                .at(&mut db, DEFAULT_PROGRAM, moment.at)
                .await
                .unwrap();
            let member = MemberThen {
                joined_at: shop.0.loyalty.now(),
                snapshot: Snapshot::default(),
                orders,
            };
            let situation = Situation {
                subject: done.subject(),
                judge: &Witness::new(done.matter(), &member, &program.document.zone),
                usage: &usage,
            };
            let rating = rate(&program, &situation, &mut budgets).unwrap();
            usage.count(&program, &done.subject(), &rating);
            let awards = rating
                .awards
                .iter()
                .map(|one| (one.rule_id.clone(), one.points));
            truth.insert(moment.clone(), awards.collect());
            if counts {
                orders.count += 1;
                orders.last_at = Some(moment.at);
            }
        }
        let spent = budgets.spent().map(|(_, points)| points.get()).sum();
        (truth, spent)
    }
}

async fn kept(shop: &Shop, moments: impl Iterator<Item = &Moment>) -> BTreeMap<Moment, Awards> {
    let keys = Keys::of(moments.map(|moment| (MEMBER, moment)));
    let kept = ratings::of_keys(shop.0.loyalty.db.pool(), &keys)
        .await
        .unwrap();
    let kept = kept.into_iter().map(|(Key { .. }, rated)| {
        let awards = rated.earnings.awards.iter();
        let awards = awards.map(|one| (one.rule_id.clone(), one.points));
        (rated.moment, awards.collect())
    });
    kept.collect()
}

#[tokio::test]
async fn ratings_budgets_and_balances_are_those_of_a_model_that_rates_all_from_nothing() {
    const STORIES: usize = 6;
    let mut runner = TestRunner::new(Config::default());
    for _ in 0..STORIES {
        let story = prop::collection::vec(prop::collection::vec(fact(), 1..5), 12);
        let story = story.new_tree(&mut runner).unwrap().current();
        let shop = Shop::with(FIRST).await;
        shop.supersede(2, SECOND, "2026-05-02T00:00:00Z").await;
        let mut model = Model::default();
        for batch in &story {
            shop.try_hear(batch).await.unwrap();
            for fact in batch {
                model.hear(fact);
            }
            let (truth, spent) = model.truth(&shop).await;
            assert_eq!(kept(&shop, truth.keys()).await, truth, "{story:#?}");
            let budgets = "SELECT coalesce(sum(spent), 0)::bigint FROM campaign_budgets";
            assert_eq!(shop.count(budgets).await, spent, "{story:#?}");
            let points: i64 = truth
                .values()
                .flatten()
                .map(|(_, points)| points.get())
                .sum();
            if truth.is_empty() {
                continue;
            }
            let [available, pending, owed, earned] = shop.figures().await;
            assert_eq!(available + pending - owed, points, "{story:#?}");
            assert_eq!(earned, points, "{story:#?}");
        }
    }
}
