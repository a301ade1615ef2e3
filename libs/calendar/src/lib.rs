//! Local days: what a day, a month or a year is for those whom a program serves.
//!
//! Facts carry instants; promises are made in days ("usable until 31 March", "twice a month",
//! "every 8th"). Everything here turns one into the other, as pure functions of what it is handed.
//!
//! | question | answered by |
//! |---|---|
//! | Which day is it there, when does it begin and end? | [`Zone`] |
//! | What is a month from now? | [`Span`] |
//! | When does it expire? | [`ExpiryTerm`], [`expiry_instant`] |
//! | Which days count today? | [`Window`] |
//! | Is today one of the days? | [`Recurrence`] |
//! | When is the birthday? | [`MonthDay`] |
//! | Which day, week, month does a quota belong to? | [`Period`], [`Bucket`] |
//!
//! Dates saturate instead of failing: what would lie behind 9999-12-31 lies on it. Nothing that
//! people are promised does, and so no caller has to handle an error that can't happen.

mod arithmetic;
mod expiry;
mod month_day;
mod period;
mod range;
mod recurrence;
mod span;
mod unit;
mod window;
mod zone;

#[cfg(test)]
mod testing;

pub use expiry::{ExpiryTerm, RoundUp, expiry_instant};
pub use month_day::{MonthDay, NoSuchDay};
pub use period::{Bucket, Period};
pub use range::{DateRange, FIRST_DAY, LAST_DAY};
pub use recurrence::{Part, Problem, Recurrence, RecurrenceError};
pub use span::Span;
pub use unit::Unit;
pub use window::Window;
pub use zone::{UnknownZone, Zone};
