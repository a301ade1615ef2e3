//! Households: who may be in one, and what members may spend of its pool.

mod household;
mod spending;

pub use household::{Household, HouseholdMember, HouseholdRefusal, Invitation};
pub use spending::{allowance, drawn};
