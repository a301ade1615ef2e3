//! Attributes: facts about customers that a company defines for itself.

pub(crate) mod asked;
pub(crate) mod definition;
pub(crate) mod standing;
pub(crate) mod value;
