use std::collections::HashSet;

use uuid::Uuid;

use crate::domain::happened::Act;
use crate::domain::sales::{Return, Sale};

/// Something that has become known.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    /// There is a customer.
    Joined(Uuid),
    /// Somebody bought.
    Bought(Sale),
    /// Somebody gave something back.
    Returned(Return),
    /// Somebody did something.
    Did(Act),
}

/// A fact, and the trace of the request that it came with.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) fact: Fact,
    pub(crate) trace: &'a str,
}

impl Fact {
    pub(super) fn customer_id(&self) -> Uuid {
        match self {
            Self::Joined(customer_id) => *customer_id,
            Self::Bought(sale) => sale.customer_id,
            Self::Returned(back) => back.customer_id,
            Self::Did(act) => act.customer_id,
        }
    }

    /// Whether its member has to be locked.
    pub(super) fn needs_books(&self) -> bool {
        !matches!(self, Self::Joined(_))
    }

    /// Whether it makes a member. A return does not: the purchase that it belongs to will.
    pub(super) fn enrols(&self) -> bool {
        !matches!(self, Self::Returned(_))
    }

    fn order(&self) -> Option<(Uuid, &str)> {
        match self {
            Self::Bought(sale) => Some((sale.customer_id, &sale.order_id)),
            Self::Returned(back) => Some((back.customer_id, &back.order_id)),
            Self::Joined(_) | Self::Did(_) => None,
        }
    }
}

/// Cuts facts into runs in which no order is told of twice, so that each of its facts has its own
/// entries in the statement.
pub(super) fn waves<'t, 'a>(told: &'t [Told<'a>]) -> Vec<&'t [Told<'a>]> {
    let mut waves = Vec::new();
    let (mut seen, mut start) = (HashSet::new(), 0);
    for (place, one) in told.iter().enumerate() {
        let Some(order) = one.fact.order() else {
            continue;
        };
        if !seen.insert(order) {
            waves.extend(told.get(start..place));
            start = place;
            seen.clear();
            seen.insert(order);
        }
    }
    waves.extend(told.get(start..).filter(|rest| !rest.is_empty()));
    waves
}
