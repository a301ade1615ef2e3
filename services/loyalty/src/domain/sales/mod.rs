//! Purchases and what was given back of them: the facts that points follow from.

mod earnings;
mod holding;
mod sale;
mod takeback;

pub use earnings::{EarnedBy, Earnings, Fault};
pub use holding::{Holding, Step, steps};
pub use sale::{Sale, SaleLine};
pub use takeback::{Misfit, Return, ReturnLine};
