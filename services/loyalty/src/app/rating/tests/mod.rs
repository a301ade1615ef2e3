//! Purchases, returns and acts on a database, as they are told.

mod acts;
mod budgets;
mod parking;
mod shop;
mod stories;
mod truth;
