//! Memberships: their states, and the numbers on their cards.

mod card;
mod lifecycle;

pub use card::{CardNumber, CardNumberError, CardPrefix};
pub use lifecycle::{ChangeKind, Step, StepError};
