//! What happens because a day of a program is over, in the program's zone.
//!
//! A day is begun once: in one transaction everything that is due is written down, holder by holder
//! and step by step. Then it is worked off in batches, one step after the other; a row leaves in the
//! transaction that does what it says. So each holder's step has its effect exactly once, whatever is
//! killed when, and any number of replicas share the work without talking to each other: a batch is
//! what nobody else has locked. The next day is begun when this one is done.
//!
//! What has an instant of its own (holds, pending points) does not wait for the end of the day:
//! [`sweep`] looks for it each minute.

mod activity;
mod begin;
mod metrics;
mod read;
mod run;
mod steps;
mod sweep;
#[cfg(test)]
mod tests;
mod work;

pub(crate) use metrics::EndOfDayMetrics;
pub(crate) use read::{days, run_until};
pub(crate) use run::keep_ending_days;
pub(crate) use sweep::keep_sweeping;
#[cfg(test)]
pub(crate) use {run::catch_up, sweep::sweep};
