//! Segments: of whom a condition holds, and until when at least.
//!
//! All that changes with time alone is a fact that knows when it changes next. An evaluation notes that
//! instant for each fact that it reads; as long as none of them has come, it would read the same facts
//! and come to the same end. So the least of them is never too late.

pub(crate) mod condition;
pub(crate) mod definition;
pub(crate) mod facts;
pub(crate) mod membership;
mod narrowed;
pub(crate) mod sample;
pub(crate) mod vocabulary;
mod witness;

#[cfg(test)]
pub(crate) mod history_tests;
