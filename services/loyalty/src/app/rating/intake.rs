//! Keeping facts: each once.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::cause::Cause;
use super::entry::Changed;
use super::{Desk, Fact, Told};
use crate::app::AppError;
use crate::domain::happened::Act;
use crate::domain::ledger::State;
use crate::domain::rating::Done;
use crate::domain::sales::{Return, Sale};
use crate::store::rating::sales::Sales;
use crate::store::rating::{activities, returns, sales};
use crate::wire::rating as encode;

/// What is known of the orders, returns and acts of a wave.
struct Known {
    sales: Sales,
    returns: HashSet<(Uuid, String)>,
    /// Returns that came before their orders.
    waiting: HashMap<(Uuid, String), Vec<Return>>,
    acts: HashSet<(Uuid, String, String)>,
}

impl Desk<'_, '_> {
    /// Keeps the facts of a wave, and tells what they change.
    pub(super) async fn keep_facts<'a>(
        &mut self,
        wave: &[Told<'a>],
    ) -> Result<Vec<Changed<'a>>, AppError> {
        let mut known = self.known(wave).await?;
        let mut changed = Vec::new();
        for Told { fact, trace } in wave {
            let one = match fact {
                Fact::Bought(sale) if self.is_open(sale.customer_id) => known.buy(sale),
                Fact::Did(act) if self.is_open(act.customer_id) => known.act(act),
                Fact::Returned(back) => known.give_back(back),
                Fact::Joined(_) | Fact::Bought(_) | Fact::Did(_) => None,
            };
            changed.extend(one.map(|one| Changed { trace, ..one }));
        }
        self.write_facts(wave, &known, &changed).await?;
        for one in &changed {
            if let Done::Act(act, _) = &one.done {
                let event = encode::activity_recorded(act);
                self.announce(one.customer_id, one.trace, &event);
            }
        }
        Ok(changed)
    }

    /// Whether the membership, or the one that it went into, goes on.
    fn is_open(&self, customer_id: Uuid) -> bool {
        let person = self.books.person(customer_id);
        let holder = person.and_then(|person| self.books.holder(person));
        holder.is_ok_and(|holder| holder.state != State::Closed)
    }

    async fn known(&mut self, wave: &[Told<'_>]) -> Result<Known, AppError> {
        let bought = || wave.iter().filter_map(|told| as_sale(&told.fact));
        let back = || wave.iter().filter_map(|told| as_return(&told.fact));
        let did = wave.iter().filter_map(|told| as_act(&told.fact));
        let orders = bought().map(|sale| (sale.customer_id, sale.order_id.as_str()));
        let orders = orders.chain(back().map(|back| (back.customer_id, back.order_id.as_str())));
        let ids = back().map(|back| (back.customer_id, back.return_id.as_str()));
        let new = bought().map(|sale| (sale.customer_id, sale.order_id.as_str()));
        let acts = did.map(|act| {
            (
                act.customer_id,
                act.activity_type.as_str(),
                act.activity_id.as_str(),
            )
        });
        let mut waiting: HashMap<_, Vec<Return>> = HashMap::new();
        for back in returns::waiting(self.tx, new).await? {
            let order = (back.customer_id, back.order_id.clone());
            waiting.entry(order).or_default().push(back);
        }
        Ok(Known {
            sales: sales::of_orders(self.tx, orders).await?,
            returns: returns::known(self.tx, ids).await?,
            waiting,
            acts: activities::of_ids(self.tx, acts)
                .await?
                .into_keys()
                .collect(),
        })
    }

    async fn write_facts(
        &mut self,
        wave: &[Told<'_>],
        known: &Known,
        changed: &[Changed<'_>],
    ) -> Result<(), AppError> {
        let now = self.books.now();
        let is_new = |one: &&Changed<'_>| one.cause == Cause::New;
        let new = changed
            .iter()
            .filter(is_new)
            .filter_map(|one| one.sale.as_ref());
        sales::insert(self.tx, &new.collect::<Vec<_>>(), now).await?;
        let old = changed.iter().filter(|one| !is_new(one));
        let old: Vec<&Sale> = old.filter_map(|one| one.sale.as_ref()).collect();
        sales::update(self.tx, &old).await?;
        let mut told = HashSet::new();
        let returns = wave.iter().filter_map(|told| as_return(&told.fact));
        let returns = returns.filter(|back| {
            let key = (back.customer_id, back.return_id.clone());
            !known.returns.contains(&key) && told.insert(key)
        });
        returns::insert(self.tx, &returns.collect::<Vec<_>>(), now).await?;
        let acts = changed.iter().filter_map(|one| match &one.done {
            Done::Act(act, _) => Some(act),
            Done::Basket(_) => None,
        });
        Ok(activities::insert(self.tx, &acts.collect::<Vec<_>>(), now).await?)
    }
}

impl Known {
    /// A purchase that was not known, with what was returned of it already.
    fn buy(&mut self, sale: &Sale) -> Option<Changed<'static>> {
        let order = (sale.customer_id, sale.order_id.clone());
        if self.sales.contains_key(&order) {
            return None;
        }
        let mut sale = sale.clone();
        for back in self.waiting.remove(&order).unwrap_or_default() {
            take_back(&mut sale, &back);
        }
        self.sales.insert(order, sale.clone());
        Some(Changed {
            customer_id: sale.customer_id,
            done: Done::Basket(sale.basket()),
            sale: Some(sale),
            before: None,
            cause: Cause::New,
            trace: "",
        })
    }

    /// A return that was not counted before, of a purchase that is known.
    fn give_back(&mut self, back: &Return) -> Option<Changed<'static>> {
        if self
            .returns
            .contains(&(back.customer_id, back.return_id.clone()))
        {
            return None;
        }
        let sale = self
            .sales
            .get_mut(&(back.customer_id, back.order_id.clone()))?;
        let before = sale.clone();
        take_back(sale, back);
        Some(Changed {
            customer_id: sale.customer_id,
            done: Done::Basket(sale.basket()),
            sale: Some(sale.clone()),
            before: Some(before),
            cause: Cause::Returned {
                return_id: back.return_id.clone(),
                at: back.returned_at,
                refund: sale.refund(),
            },
            trace: "",
        })
    }

    fn act(&mut self, act: &Act) -> Option<Changed<'static>> {
        let key = (
            act.customer_id,
            act.activity_type.clone(),
            act.activity_id.clone(),
        );
        self.acts.insert(key).then(|| Changed {
            customer_id: act.customer_id,
            done: Done::act(act.clone()),
            sale: None,
            before: None,
            cause: Cause::New,
            trace: "",
        })
    }
}

/// What does not fit is left out, and told to those who watch over the feeds.
fn take_back(sale: &mut Sale, back: &Return) {
    for misfit in sale.take_back(back) {
        tracing::warn!(
            return_id = back.return_id,
            order_id = back.order_id,
            %misfit,
            "a part of a return does not fit its order"
        );
    }
}

fn as_sale(fact: &Fact) -> Option<&Sale> {
    match fact {
        Fact::Bought(sale) => Some(sale),
        _ => None,
    }
}

fn as_return(fact: &Fact) -> Option<&Return> {
    match fact {
        Fact::Returned(back) => Some(back),
        _ => None,
    }
}

fn as_act(fact: &Fact) -> Option<&Act> {
    match fact {
        Fact::Did(act) => Some(act),
        _ => None,
    }
}
