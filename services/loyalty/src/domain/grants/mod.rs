//! What members are given: by packages, challenges, referrals, draws and orders.
//!
//! A cause gives each of its things once. When what it stands on goes away, what it gave is taken
//! back; what can't be is kept, and counts when the same cause gives again. So giving and taking
//! back, however often, never leaves a member with more than one helping.

mod cause;
mod given;
mod plan;

pub use cause::{CauseKind, GrantCause};
pub use given::{Given, quantity_of};
pub use plan::{Gift, plan};
