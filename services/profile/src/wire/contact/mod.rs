//! Consent and contact.

pub(crate) mod consents;
pub(crate) mod contacts;
pub(crate) mod policy;

use crate::domain::contact::topic::{Channel, Purpose, Topic};

/// What consent is given for, by names that were checked.
pub(crate) fn topic(purpose: String, channel: String) -> Topic {
    Topic {
        purpose: Purpose(purpose),
        channel: Channel(channel),
    }
}
