//! Tiers: where a member stands on a ladder, and why.
//!
//! A standing is a function of facts: what counted on which day ([`Addition`]), what was given by
//! hand ([`Gift`]), the versions of the ladder with the days from which they were in force
//! ([`Era`]), and the present day. [`settle`] computes it by walking through the days on which
//! something can happen:
//!
//! - On a day on which something counts, the member rises to the tier that the metric reaches then.
//! - At the end of a tier's term the metric decides whether it is kept for another one, or how far
//!   the member falls.
//! - A tier that was given counts beside the one that was earned; the higher one is shown. At its
//!   end it is kept as an earned one if the metric suffices to keep it.
//!
//! Because only facts count and not when they became known, an order that comes days late leads
//! where it would have led in time, and a return leads where the member would be without the
//! purchase. Unless the ladder says that a return takes back no tier: then what was returned counts
//! until it was returned, and the next review is the first to look at the rest.
//!
//! Days are the grain. What counts on a day counts from its beginning, reviews are at its end, and a
//! version of the program is in force on a day if it was when the day began: so an activation never
//! changes what was settled before.

mod addition;
mod change;
mod course;
mod era;
mod gift;
mod progress;
mod settle;
mod standing;
mod tally;

#[cfg(test)]
mod tests;

pub use addition::{Addition, Counted};
pub use change::{Change, ChangeReason};
pub use era::Era;
pub use gift::Gift;
pub use progress::{Keeping, Next, Progress, progress};
pub use settle::{Case, Settlement, Touch, settle};
pub use standing::{Place, Record, Standing};
pub use tally::Tally;
