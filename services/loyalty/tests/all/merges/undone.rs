//! Whatever was merged: when all of it is undone, everybody has what somebody has who lived through the
//! same without a merge, whatever came under whose id meanwhile, whoever's points were spent for it, and
//! whoever's points repaid whose debt.
//! Nobody spends more here than the own points; of who does, the merge stays.
#![expect(
    clippy::indexing_slicing,
    reason = "places are drawn from as many as there are"
)]

use contract::patron::loyalty::v1 as api;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::merges;
use crate::all::accounts::{gifted, give, has, id, merge, spend, unmerge};
use crate::all::support::Bench;

const PEOPLE: usize = 4;

#[derive(Clone, Debug)]
enum Act {
    Give { who: usize, points: i64 },
    Buy { who: usize, pounds: i64 },
    Return { purchase: usize },
    Spend { who: usize, points: i64 },
    Merge { from: usize, into: usize },
    Undo { merge: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let who = || 0..PEOPLE;
    prop_oneof![
        2 => (who(), 1..50_i64).prop_map(|(who, points)| Act::Give { who, points }),
        1 => (who(), 1..50_i64).prop_map(|(who, pounds)| Act::Buy { who, pounds }),
        1 => any::<usize>().prop_map(|purchase| Act::Return { purchase }),
        1 => (who(), 1..50_i64).prop_map(|(who, points)| Act::Spend { who, points }),
        4 => (who(), who()).prop_map(|(from, into)| Act::Merge { from, into }),
        2 => any::<usize>().prop_map(|merge| Act::Undo { merge }),
    ]
}

/// Something that somebody bought.
struct Purchase {
    who: usize,
    order_id: String,
    pounds: i64,
}

/// People who are merged, and beside each one somebody who never is.
struct World<'a> {
    bench: &'a Bench,
    people: Vec<Uuid>,
    twins: Vec<Uuid>,
    into: [Option<usize>; PEOPLE],
    merges: Vec<(usize, usize, api::MemberMerge)>,
    purchases: Vec<Purchase>,
}

impl<'a> World<'a> {
    async fn new(bench: &'a Bench) -> Self {
        let (mut people, mut twins) = (Vec::new(), Vec::new());
        for _ in 0..PEOPLE {
            people.push(gifted(bench, 0).await);
            twins.push(gifted(bench, 0).await);
        }
        Self {
            bench,
            people,
            twins,
            into: [None; PEOPLE],
            merges: Vec::new(),
            purchases: Vec::new(),
        }
    }

    fn both(&self, who: usize) -> [Uuid; 2] {
        [self.people[who], self.twins[who]]
    }

    fn root(&self, who: usize) -> usize {
        self.into[who].map_or(who, |into| self.root(into))
    }

    fn group(&self, who: usize) -> Vec<usize> {
        let root = self.root(who);
        let people = 0..PEOPLE;
        people.filter(|other| self.root(*other) == root).collect()
    }

    fn is_alone(&self, who: usize) -> bool {
        self.group(who) == [who]
    }

    /// What these would have and owe all together, had they never been merged.
    async fn sum(&self, people: &[usize]) -> (i64, i64) {
        let mut sum = (0, 0);
        for who in people {
            let (points, debt) = has(self.bench, self.twins[*who]).await;
            sum = (sum.0 + points, sum.1 + debt);
        }
        sum
    }

    /// Whether somebody has so many points, or is asked alone.
    async fn loses_own(&self, who: usize, points: i64) -> bool {
        self.is_alone(who) || self.sum(&[who]).await.0 >= points
    }

    /// Whether nobody's debt has taken what somebody would spend.
    async fn can_spend_own(&self, who: usize, points: i64) -> bool {
        let is_free = self.is_alone(who) || self.sum(&self.group(who)).await.1 == 0;
        is_free && self.loses_own(who, points).await
    }

    /// Somebody, with the one in whose wallet the points are; and the twin.
    fn wallets(&self, who: usize) -> [(Uuid, Uuid); 2] {
        let [one, twin] = self.both(who);
        [(one, self.people[self.root(who)]), (twin, twin)]
    }

    async fn buy(&mut self, who: usize, pounds: i64) {
        let order_id = id(self.bench);
        for (one, holder) in self.wallets(who) {
            let before = self.bench.balance(holder).await.unwrap().lifetime_earned;
            self.bench.order_told(one, &order_id, pounds).await;
            self.bench.until_earned(holder, before + pounds).await;
        }
        self.purchases.push(Purchase {
            who,
            order_id,
            pounds,
        });
    }

    async fn act(&mut self, act: &Act) {
        match *act {
            Act::Give { who, points } => {
                for one in self.both(who) {
                    give(self.bench, one, points).await;
                }
            }
            Act::Buy { who, pounds } => self.buy(who, pounds).await,
            Act::Return { purchase } if !self.purchases.is_empty() => {
                self.give_back(purchase).await;
            }
            Act::Spend { who, points } if self.can_spend_own(who, points).await => {
                let [one, twin] = self.both(who);
                let spent = spend(self.bench, one, points).await;
                let expected = spend(self.bench, twin, points).await;
                assert_eq!(spent.is_ok(), expected.is_ok());
            }
            Act::Merge { from, into } => self.merge(from, into).await,
            Act::Undo { merge } if !self.merges.is_empty() => {
                self.undo(merge % self.merges.len()).await;
            }
            _ => {}
        }
    }

    async fn give_back(&mut self, purchase: usize) {
        let place = purchase % self.purchases.len();
        let Purchase { who, pounds, .. } = self.purchases[place];
        if !self.loses_own(who, pounds).await {
            return;
        }
        let Purchase { order_id, .. } = self.purchases.remove(place);
        for (one, holder) in self.wallets(who) {
            let before = self.bench.balance(holder).await.unwrap().lifetime_earned;
            self.bench.return_told(one, &order_id, pounds).await;
            self.bench.until_earned(holder, before - pounds).await;
        }
    }

    async fn merge(&mut self, from: usize, into: usize) {
        let are_two = self.root(from) != self.root(into);
        let are_free = self.into[from].is_none() && self.into[into].is_none();
        if !are_two || !are_free {
            return;
        }
        let merged = merge(self.bench, self.people[from], self.people[into]).await;
        self.into[from] = Some(into);
        self.merges.push((from, into, merged.unwrap()));
    }

    async fn undo(&mut self, place: usize) {
        let (from, into, merged) = self.merges[place].clone();
        unmerge(self.bench, &merged).await.unwrap();
        self.into[from] = None;
        self.merges.remove(place);
        self.look_up_above(into).await;
    }

    /// The merges by which somebody went on were made again.
    async fn look_up_above(&mut self, who: usize) {
        let mut from = who;
        while let Some(into) = self.into[from] {
            let made = merges(self.bench, self.people[into]).await;
            let of_it = |merge: &api::MemberMerge| {
                merge.merged_customer_id == self.people[from].to_string()
                    && merge.undo_time.is_none()
            };
            let again = made.into_iter().find(of_it).unwrap();
            let known = self.merges.iter_mut().find(|merge| merge.0 == from);
            known.unwrap().2 = again;
            from = into;
        }
    }

    async fn live(mut self, acts: &[Act]) {
        for act in acts {
            self.act(act).await;
        }
        for place in (0..self.merges.len()).rev() {
            self.undo(place).await;
        }
        for who in 0..PEOPLE {
            let [one, twin] = self.both(who);
            assert_eq!(has(self.bench, one).await, has(self.bench, twin).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_merges_are_undone_everybody_has_what_they_would_have_without() {
    let bench = Bench::start().await;
    let config = ProptestConfig {
        cases: 10,
        max_shrink_iters: 30,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let lived = tokio::task::block_in_place(|| {
        let acts = prop::collection::vec(act(), 5..25);
        TestRunner::new(config).run(&acts, |acts| {
            Handle::current().block_on(async { World::new(&bench).await.live(&acts).await });
            Ok(())
        })
    });
    lived.unwrap();
    bench.assert_sound().await;
}
