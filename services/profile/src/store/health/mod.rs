//! Customer health: by which policy, how well things stand, and what is heard.

pub(crate) mod heard;
pub(crate) mod policies;
pub(crate) mod standings;
