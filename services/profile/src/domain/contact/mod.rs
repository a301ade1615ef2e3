//! Whether customers may be contacted: by their consent, at this hour, this often.
//!
//! | question | answered by |
//! |---|---|
//! | What does a customer allow? | [`consent`]: a function of what was said |
//! | And people who were joined? | [`consent::Said::state`]: whoever allows least decides |
//! | May a pending consent be confirmed? | [`opt_in`] |
//! | When are customers left alone? | [`quiet`] |
//! | How often is too often? | [`caps`] |
//! | May this message be sent now, and when at last? | [`decide`] |

pub(crate) mod caps;
pub(crate) mod change;
pub(crate) mod consent;
pub(crate) mod decide;
pub(crate) mod ledger;
pub(crate) mod opt_in;
pub(crate) mod policy;
pub(crate) mod quiet;
pub(crate) mod topic;

#[cfg(test)]
mod consent_tests;
#[cfg(test)]
mod decide_tests;
#[cfg(test)]
mod quiet_tests;
