//! Which segments a person belongs to.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::condition::{Condition, Reach, Undecided};
use super::definition::SegmentId;
use super::facts::Facts;

/// The segments in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segments {
    pub(crate) conditions: Vec<(SegmentId, Condition)>,
    /// Segments whose condition is none for this version of Patron. Nobody enters or leaves them.
    pub(crate) unreadable: BTreeSet<SegmentId>,
}

/// What is decided about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) entered: Vec<SegmentId>,
    pub(crate) left: Vec<SegmentId>,
    /// Segments whose condition can't be decided of this person, who is kept out.
    pub(crate) undecided: Vec<(SegmentId, Undecided)>,
    /// When the person is decided on again although nothing happens.
    pub(crate) next: Option<Timestamp>,
}

impl Segments {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.conditions.is_empty() && self.unreadable.is_empty()
    }

    /// How far back they look at single orders.
    pub(crate) fn reach(&self) -> Reach {
        let reaches = self.conditions.iter().map(|(_, it)| it.reach());
        reaches.max().unwrap_or_default()
    }

    /// Decides on a person who belongs to `before`. Without facts the id leads to another one, and
    /// belongs to nothing.
    pub(crate) fn decide(
        &self,
        before: &BTreeSet<SegmentId>,
        facts: Option<&Facts>,
        now: Timestamp,
    ) -> Decision {
        let mut decision = Decision::default();
        let mut is_in = BTreeSet::new();
        for (id, condition) in &self.conditions {
            let Some(facts) = facts else { break };
            let verdict = condition.evaluate(facts, now);
            decision.next = earlier(decision.next, verdict.next);
            match verdict.holds {
                Ok(true) => drop(is_in.insert(id)),
                Ok(false) => {}
                Err(undecided) => decision.undecided.push((id.clone(), undecided)),
            }
        }
        let is_new = |id: &&&SegmentId| !before.contains(**id);
        decision.entered = is_in
            .iter()
            .filter(is_new)
            .map(|id| (*id).clone())
            .collect();
        let is_over = |id: &&SegmentId| !is_in.contains(*id) && !self.is_kept(id, facts.is_some());
        decision.left = before.iter().filter(is_over).cloned().collect();
        decision
    }

    /// Whether a membership is left as it is.
    fn is_kept(&self, id: &SegmentId, is_person: bool) -> bool {
        is_person && self.unreadable.contains(id)
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}
