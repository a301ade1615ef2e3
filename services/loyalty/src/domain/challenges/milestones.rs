use std::collections::BTreeSet;

use crate::domain::program::Milestone;

/// A milestone that a member has in a cycle.
pub type Held = i64;

/// What a change of progress means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn<'a> {
    /// The milestone is reached now.
    Reached(&'a Milestone),
    /// A milestone of this count is reached no more.
    Lost(i64),
}

/// What is to be given and taken back, in the order of the counts, for a member that has these
/// milestones and is this far.
pub fn milestones<'a>(all: &'a [Milestone], held: &BTreeSet<Held>, progress: i64) -> Vec<Turn<'a>> {
    let lost = held.iter().filter(|count| **count > progress);
    let lost = lost.map(|count| Turn::Lost(*count));
    let reached = all
        .iter()
        .filter(|milestone| milestone.count <= progress && !held.contains(&milestone.count));
    reached.map(Turn::Reached).chain(lost).collect()
}
