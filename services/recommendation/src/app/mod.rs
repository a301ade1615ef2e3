//! One file per use case.

mod record_baskets;
mod record_order;

pub(crate) use record_baskets::{Outcome, record_baskets};
pub(crate) use record_order::{record_orders, record_return};
