//! Customer health: how well things stand, and what is heard.

pub(crate) mod heard;
pub(crate) mod standings;
