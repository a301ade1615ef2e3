//! Rewards: offered, quoted, ordered, held, confirmed, canceled, returned.

mod cancel;
mod confirm;
mod crowd;
mod error;
mod limits;
mod offers;
mod order;
mod quote;
mod read;
mod returns;
mod spend;
mod stock;
mod tiers;

pub(crate) use cancel::{cancel, run as lapse};
pub(crate) use confirm::confirm;
pub(crate) use crowd::Crowd;
pub(crate) use error::RewardsError;
pub(crate) use offers::{Offered, list, offered};
pub(crate) use order::{Wanted, order};
pub(crate) use quote::{Ask, Priced, quote};
pub(crate) use read::{Shown, one_order, order_page};
pub(crate) use returns::return_part;
pub(crate) use stock::{StockRead, adjust_stock, read_stock};
