//! The part of the records that a batch of activities touches, and the decisions over it.
//!
//! It is filled with what is stored, takes the activities one by one, and in the end says what must
//! be written. So a batch is decided in memory, in its order, over locked rows.

mod changes;
mod tracked;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use changes::{Announcement, Changes, OrderIdClaim};
use tracked::Tracked;

use super::ids::{CustomerId, OrderId, ReturnId};
use super::order::{Order, RecordedOrder};
use super::refund::Returned;
use super::returns::{Fate, RecordedReturn, Return};
use super::settle::{Contradiction, settle};
use super::traits::{SpendTooLarge, Traits};

/// Most returns that may wait for one order: they are settled in one transaction when it comes.
pub(crate) const MAX_AWAITING_PER_ORDER: usize = 100;

/// What became of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Recorded,
    AlreadyRecorded,
    AwaitingOrder,
}

/// Why an activity was refused. A refused activity changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("there is no such customer")]
    CustomerNotFound,
    #[error("the customer was erased")]
    CustomerErased,
    #[error("an identifier is of somebody who was erased")]
    IdentifierSuppressed { kind: String },
    #[error("several people have the identifier, so it tells of nobody who it is")]
    IdentifierShared { kind: String },
    #[error("the order id is recorded with another {field}")]
    OrderConflict { field: String },
    #[error("the return id is recorded with another {field}")]
    ReturnConflict { field: String },
    #[error("{0}")]
    Contradiction(#[from] Contradiction),
    #[error("{0}")]
    SpendTooLarge(#[from] SpendTooLarge),
    #[error("{MAX_AWAITING_PER_ORDER} returns wait for this order already")]
    TooManyAwaiting,
}

/// When and under which entry of the timeline an activity is recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    pub(crate) entry_id: Uuid,
    pub(crate) record_time: Timestamp,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Book {
    customers: BTreeMap<CustomerId, Tracked<Traits>>,
    /// Whom the ids lead to that were joined to another. All ids of everybody who is in `customers`.
    joined: BTreeMap<CustomerId, CustomerId>,
    orders: BTreeMap<OrderId, Tracked<RecordedOrder>>,
    returns: BTreeMap<ReturnId, Tracked<RecordedReturn>>,
    /// Returns without their order; the lists are kept in the order in which they take effect.
    awaiting: BTreeMap<OrderId, BTreeSet<(Timestamp, ReturnId)>>,
    /// Order ids that only returns have named so far.
    expected: BTreeSet<OrderId>,
    announcements: Vec<Announcement>,
}

impl Book {
    /// Opens the account of a customer who is stored and locked.
    pub(crate) fn load_customer(&mut self, id: CustomerId, traits: Traits) {
        self.customers.insert(id, Tracked::stored(traits));
    }

    /// Opens the account of a customer who is created by this batch. Counts as unchanged until an
    /// activity is recorded for it.
    pub(crate) fn open_customer(&mut self, id: CustomerId) {
        self.load_customer(id, Traits::default());
    }

    /// Whether there is an account of this id.
    pub(crate) fn has_customer(&self, id: CustomerId) -> bool {
        self.customers.contains_key(&id)
    }

    /// Notes that an id leads to another customer.
    pub(crate) fn join(&mut self, id: CustomerId, profile: CustomerId) {
        self.joined.insert(id, profile);
    }

    /// Brings in an order that is stored.
    pub(crate) fn load_order(&mut self, order: RecordedOrder) {
        self.orders
            .insert(order.order.id.clone(), Tracked::stored(order));
    }

    /// Brings in an order id that only returns have named so far.
    pub(crate) fn load_expected(&mut self, id: OrderId) {
        self.expected.insert(id);
    }

    /// Brings in a return that is stored.
    pub(crate) fn load_return(&mut self, stored: RecordedReturn) {
        if stored.fate == Fate::Awaiting {
            self.await_order(&stored.content);
        }
        self.returns
            .insert(stored.content.id.clone(), Tracked::stored(stored));
    }

    /// An order on record.
    pub(crate) fn order(&self, id: &OrderId) -> Option<&RecordedOrder> {
        self.orders.get(id).map(Tracked::get)
    }

    /// A return on record.
    pub(crate) fn recorded_return(&self, id: &ReturnId) -> Option<&RecordedReturn> {
        self.returns.get(id).map(Tracked::get)
    }

    /// Records an order, and settles the returns that waited for it.
    pub(crate) fn record_order(
        &mut self,
        customer: CustomerId,
        order: Order,
        stamp: Stamp,
    ) -> Result<Outcome, Refused> {
        if !self.customers.contains_key(&customer) {
            return Err(Refused::CustomerNotFound);
        }
        if let Some(known) = self.orders.get(&order.id).map(Tracked::get) {
            let is_theirs = self.is_one(known.customer, customer);
            return same_order(known, is_theirs, &order);
        }
        if let Some(traits) = self.customers.get_mut(&customer) {
            traits.try_change(|traits| traits.add_order(&order))?;
        }
        let id = order.id.clone();
        let recorded = RecordedOrder {
            customer,
            entry_id: stamp.entry_id,
            record_time: stamp.record_time,
            returned: vec![Returned::default(); order.lines.len()],
            order,
        };
        self.announcements
            .push(Announcement::OrderRecorded(recorded.clone()));
        self.orders.insert(id.clone(), Tracked::new(recorded));
        for (_, waiting) in self.awaiting.remove(&id).unwrap_or_default() {
            self.settle_waiting(&waiting);
        }
        Ok(Outcome::Recorded)
    }

    /// Records a return; it takes effect when its order is known.
    pub(crate) fn record_return(
        &mut self,
        customer: CustomerId,
        content: Return,
        stamp: Stamp,
    ) -> Result<Outcome, Refused> {
        if !self.customers.contains_key(&customer) {
            return Err(Refused::CustomerNotFound);
        }
        if let Some(known) = self.returns.get(&content.id).map(Tracked::get) {
            let is_theirs = self.is_one(known.customer, customer);
            return same_return(known, is_theirs, &content);
        }
        let Stamp {
            entry_id,
            record_time,
        } = stamp;
        let id = content.id.clone();
        let awaiting = RecordedReturn {
            customer,
            entry_id,
            record_time,
            content,
            fate: Fate::Awaiting,
        };
        let outcome = if self.orders.contains_key(&awaiting.content.order_id) {
            let applied = self.apply(awaiting)?;
            self.returns.insert(id, Tracked::new(applied));
            Outcome::Recorded
        } else {
            if self.awaiting_count(&awaiting.content.order_id) >= MAX_AWAITING_PER_ORDER {
                return Err(Refused::TooManyAwaiting);
            }
            self.await_order(&awaiting.content);
            self.returns.insert(id, Tracked::new(awaiting));
            Outcome::AwaitingOrder
        };
        Ok(outcome)
    }

    /// Whose an order is that is on record exactly as it is sent once more.
    pub(crate) fn has_order(&self, sent: &Order) -> Option<CustomerId> {
        let known = self.order(&sent.id)?;
        known
            .order
            .difference(sent)
            .is_none()
            .then_some(known.customer)
    }

    /// The same for a return.
    pub(crate) fn has_return(&self, sent: &Return) -> Option<CustomerId> {
        let known = self.recorded_return(&sent.id)?;
        known
            .content
            .difference(sent)
            .is_none()
            .then_some(known.customer)
    }

    /// Whether two ids lead to the same person.
    fn is_one(&self, one: CustomerId, other: CustomerId) -> bool {
        let person = |id| self.joined.get(&id).copied().unwrap_or(id);
        person(one) == person(other)
    }

    fn await_order(&mut self, content: &Return) {
        let waiting = self.awaiting.entry(content.order_id.clone()).or_default();
        waiting.insert((content.time, content.id.clone()));
    }

    fn awaiting_count(&self, order: &OrderId) -> usize {
        self.awaiting.get(order).map_or(0, BTreeSet::len)
    }

    /// Decides over a return whose order has just come.
    fn settle_waiting(&mut self, id: &ReturnId) {
        let Some(waiting) = self.returns.get(id).map(|tracked| tracked.get().clone()) else {
            return;
        };
        let settled = match self.apply(waiting.clone()) {
            Ok(applied) => applied,
            Err(contradiction) => RecordedReturn {
                fate: Fate::Rejected(contradiction),
                ..waiting
            },
        };
        if let Some(tracked) = self.returns.get_mut(id) {
            tracked.change(|stored| *stored = settled);
        }
    }

    /// Lets a return take effect on its order, its customer's figures and the events. It goes to the id
    /// under which the person bought, so that the two stay together if that id is parted from others.
    fn apply(&mut self, waiting: RecordedReturn) -> Result<RecordedReturn, Contradiction> {
        let waiting = self.at_home_of_order(waiting);
        // Only called once the order is there; without it, it can't be this customer's.
        let order = self
            .orders
            .get_mut(&waiting.content.order_id)
            .ok_or(Contradiction::OrderOfAnotherCustomer)?;
        let settlement = settle(order.get(), waiting.customer, &waiting.content)?;
        order.change(|order| order.returned = settlement.returned);
        if let Some(traits) = self.customers.get_mut(&waiting.customer) {
            traits.change(|traits| traits.add_return(waiting.content.time, &settlement.refunds));
        }
        let applied = RecordedReturn {
            fate: Fate::Applied(settlement.refunds),
            ..waiting
        };
        let order = order.get().clone();
        let announced = Box::new((applied.clone(), order));
        self.announcements
            .push(Announcement::ReturnRecorded(announced));
        Ok(applied)
    }

    fn at_home_of_order(&self, waiting: RecordedReturn) -> RecordedReturn {
        let order = self.orders.get(&waiting.content.order_id);
        let home = order.map_or(waiting.customer, |order| order.get().customer);
        let customer = if self.is_one(home, waiting.customer) {
            home
        } else {
            waiting.customer
        };
        RecordedReturn {
            customer,
            ..waiting
        }
    }
}

fn same_order(known: &RecordedOrder, is_theirs: bool, sent: &Order) -> Result<Outcome, Refused> {
    let of_another = (!is_theirs).then(|| "customer_id".to_owned());
    match of_another.or_else(|| known.order.difference(sent)) {
        Some(field) => Err(Refused::OrderConflict { field }),
        None => Ok(Outcome::AlreadyRecorded),
    }
}

fn same_return(known: &RecordedReturn, is_theirs: bool, sent: &Return) -> Result<Outcome, Refused> {
    let of_another = (!is_theirs).then(|| "customer_id".to_owned());
    match of_another.or_else(|| known.content.difference(sent)) {
        Some(field) => Err(Refused::ReturnConflict { field }),
        None => Ok(Outcome::AlreadyRecorded),
    }
}
