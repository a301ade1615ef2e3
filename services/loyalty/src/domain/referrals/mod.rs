//! Members who bring others.
//!
//! What a referral is worth is a function of the purchases of the one who came ([`judge`]): the
//! first that qualifies within the time counts, a return takes it away as if it had never been, and
//! the next one takes its place. Who may name whose code is decided over the line of those who
//! brought each other ([`check_lineage`]).

mod code;
mod judge;
mod lineage;
mod referral;

#[cfg(test)]
mod tests;

pub use code::code_of;
pub use judge::{BoughtOrder, Verdict, judge};
pub use lineage::{LineageError, check_lineage};
pub use referral::{Reason, Referral, ReferrerReward, Refusal, State};
