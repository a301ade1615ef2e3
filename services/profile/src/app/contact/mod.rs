//! Consent and contact.
//!
//! Whoever decides about a person holds the person's row of `customers` locked. The present is read
//! after the lock: who has waited for it must not decide as of when the waiting began.

mod announce;
pub(crate) mod check_contact;
pub(crate) mod confirm_opt_in;
pub(crate) mod end_contact;
mod error;
pub(crate) mod policy;
pub(crate) mod preferences;
pub(crate) mod regrouped;
mod secrets;
pub(crate) mod update_consents;

pub(crate) use error::ContactError;
pub(crate) use secrets::Secrets;
