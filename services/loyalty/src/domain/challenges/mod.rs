//! Goals that members reach by doing things.
//!
//! Progress is a function of facts, not of the order in which they became known: each purchase or
//! act is one [`Fact`] that later changes replace, progress is computed from what lies in a cycle
//! ([`progress`]), and milestones follow from progress ([`milestones`]). So late, repeated and
//! returned purchases leave a member where the right order would have.

mod condition;
mod fact;
mod milestones;
mod progress;
mod quiz;

#[cfg(test)]
mod tests;

pub use condition::{holds_of_act, holds_of_sale};
pub use fact::{Fact, FactKind, of_act, of_sale};
pub use milestones::{Held, Turn, milestones};
pub use progress::{DayFigures, current_streak, progress};
pub use quiz::{Answer, AnswersError, judge};
