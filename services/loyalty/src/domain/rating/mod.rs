//! What a purchase or an act earns: from the rules of a program to points, rule by rule and line by
//! line.
//!
//! [`rate`] is a function of what it is handed: the program's version, the [`Subject`] (a basket or
//! an act), the member as it was then ([`Judge`] answers the conditions), what the rules have awarded
//! the member before ([`Usage`]) and what is left of the campaigns' [`Budgets`]. So a return is
//! rated as what is left of its basket, a late purchase by the rules of its time, a draft as if it
//! had been in force.
//!
//! The way of a rule:
//!
//! | step | what | where |
//! |---|---|---|
//! | 1 | its campaign runs, its trigger and its conditions hold, its cool-down is over | `select` |
//! | 2 | the award, as an exact fraction | `worth` |
//! | 3 | rounded, as the wallet says | `fraction`, `shares` |
//! | 4 | not more than its caps leave | `caps` |
//! | 5 | not together with others of its group | `stacking` |
//! | 6 | not more than the budget of its campaign leaves | `budget` |
//! | 7 | shared out to the lines by largest remainder | `shares` |
//!
//! Rules that multiply what others award come after those, and go the same way.

mod award;
mod budget;
mod caps;
mod demands;
mod error;
mod fraction;
mod history;
mod rate;
mod select;
mod shares;
mod stacking;
mod subject;
#[cfg(test)]
mod tests;
mod usage;
mod witness;
mod worth;

pub use award::{Award, Limited, NotAwarded, Rating, WhichLimit, WhyNot};
pub use budget::Budgets;
pub use demands::Demands;
pub use error::RatingError;
pub use fraction::Fraction;
pub use history::{Awarded, Deed, Done, Moment, Source, rate_all};
pub use rate::{Situation, looks_back, rate};
pub use select::{ConditionError, Judge};
pub use shares::shares;
pub use subject::{Basket, Line, Subject};
pub use usage::{Interval, Usage, Used};
pub use witness::{Matter, MemberThen, Orders, Snapshot, Witness};
