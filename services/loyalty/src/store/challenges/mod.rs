//! Challenges: facts, milestones, attempts.

pub(crate) mod attempts;
pub(crate) mod facts;
pub(crate) mod milestones;
