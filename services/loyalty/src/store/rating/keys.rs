use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use uuid::Uuid;

use crate::domain::rating::{Moment, Source};

const ACT: i16 = 1;
const ORDER: i16 = 2;

/// A purchase or an act of a member.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) customer_id: Uuid,
    pub(crate) source: Source,
}

/// Keys as columns, each with the instant at which it happened.
#[derive(Debug, Default)]
pub(crate) struct Keys<'a> {
    pub(super) customers: Vec<Uuid>,
    pub(super) kinds: Vec<i16>,
    pub(super) types: Vec<&'a str>,
    pub(super) references: Vec<&'a str>,
    pub(super) instants: Vec<jiff_sqlx::Timestamp>,
}

impl<'a> Keys<'a> {
    /// Of purchases and acts.
    pub(crate) fn of(moments: impl IntoIterator<Item = (Uuid, &'a Moment)>) -> Self {
        let mut keys = Self::default();
        for (customer_id, moment) in moments {
            keys.push(customer_id, &moment.source, moment.at);
        }
        keys
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// Adds one.
    pub(crate) fn push(&mut self, customer_id: Uuid, source: &'a Source, at: Timestamp) {
        let (kind, activity_type, reference) = columns(source);
        self.customers.push(customer_id);
        self.kinds.push(kind);
        self.types.push(activity_type);
        self.references.push(reference);
        self.instants.push(at.to_sqlx());
    }
}

pub(super) fn columns(source: &Source) -> (i16, &str, &str) {
    match source {
        Source::Act(activity_type, activity_id) => (ACT, activity_type, activity_id),
        Source::Order(order_id) => (ORDER, "", order_id),
    }
}

pub(super) fn source(kind: i16, activity_type: String, reference: String) -> Source {
    if kind == ACT {
        Source::Act(activity_type, reference)
    } else {
        Source::Order(reference)
    }
}
