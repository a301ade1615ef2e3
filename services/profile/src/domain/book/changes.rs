//! What a batch has changed.

use std::collections::{BTreeMap, BTreeSet};

use super::tracked::{Standing, Tracked};
use super::{Book, CustomerId, OrderId, RecordedOrder, RecordedReturn, Traits};

/// What must be written, each list sorted by id, so that concurrent batches take their locks in the
/// same order.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Customers for whom something was recorded, with their new figures.
    pub(crate) traits: Vec<(CustomerId, Traits)>,
    /// The people whose figures these are.
    pub(crate) people: BTreeSet<CustomerId>,
    pub(crate) order_ids: Vec<OrderIdClaim>,
    pub(crate) new_orders: Vec<RecordedOrder>,
    /// Stored orders of which something came back.
    pub(crate) changed_orders: Vec<RecordedOrder>,
    pub(crate) new_returns: Vec<RecordedReturn>,
    /// Stored returns that waited and do no more.
    pub(crate) settled_returns: Vec<RecordedReturn>,
    /// What to tell the others, in this order.
    pub(crate) announcements: Vec<Announcement>,
}

/// What becomes of an order id in the company-wide register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderIdClaim {
    pub(crate) id: OrderId,
    /// `None`: named by a return, the order is still to come.
    pub(crate) customer: Option<CustomerId>,
    /// True when the id is in the register already, named by a return.
    pub(crate) expected: bool,
}

/// A fact for the other services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Announcement {
    /// A customer has bought.
    OrderRecorded(RecordedOrder),
    /// A return took effect; the order as it is then.
    ReturnRecorded(Box<(RecordedReturn, RecordedOrder)>),
}

impl Changes {
    /// True when there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.new_orders.is_empty() && self.new_returns.is_empty()
    }
}

impl Book {
    /// Closes the book.
    pub(crate) fn into_changes(self) -> Changes {
        let order_ids = self.order_id_claims();
        let (new_orders, changed_orders) = split(self.orders);
        let (new_returns, settled_returns) = split(self.returns);
        let traits = self.customers.into_iter().filter_map(|(id, traits)| {
            let (traits, standing) = traits.into_parts();
            (standing != Standing::Stored).then_some((id, traits))
        });
        let traits: Vec<_> = traits.collect();
        let joined = self.joined;
        let person = |(id, _): &(CustomerId, Traits)| joined.get(id).copied().unwrap_or(*id);
        Changes {
            people: traits.iter().map(person).collect(),
            traits,
            order_ids,
            new_orders,
            changed_orders,
            new_returns,
            settled_returns,
            announcements: self.announcements,
        }
    }

    fn order_id_claims(&self) -> Vec<OrderIdClaim> {
        let bought = self
            .orders
            .iter()
            .filter(|(_, order)| order.is_new())
            .map(|(id, order)| self.claim(id, Some(order.get().customer)));
        let awaited = self
            .returns
            .values()
            .filter(|stored| stored.is_new())
            .filter_map(|stored| {
                let id = &stored.get().content.order_id;
                let is_named_first = !self.orders.contains_key(id) && !self.expected.contains(id);
                is_named_first.then(|| self.claim(id, None))
            });
        let claims: BTreeMap<_, _> = bought
            .chain(awaited)
            .map(|claim| (claim.id.clone(), claim))
            .collect();
        claims.into_values().collect()
    }

    fn claim(&self, id: &OrderId, customer: Option<CustomerId>) -> OrderIdClaim {
        OrderIdClaim {
            id: id.clone(),
            customer,
            expected: self.expected.contains(id),
        }
    }
}

/// New and changed values, in the order of their keys.
fn split<K, T>(tracked: BTreeMap<K, Tracked<T>>) -> (Vec<T>, Vec<T>) {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for value in tracked.into_values() {
        match value.into_parts() {
            (value, Standing::New) => new.push(value),
            (value, Standing::Changed) => changed.push(value),
            (_, Standing::Stored) => {}
        }
    }
    (new, changed)
}
