//! In which order events are applied. Pure.
//!
//! The feed is ordered by transaction, and a transaction may have been given its id before it had
//! to wait for a subject: so two events of one subject can come the wrong way round. Their versions
//! tell. An event whose predecessor has not come is held, until that one comes or the feed proves
//! that it never will: it was dropped by retention, or lost by a restore.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::Incoming;
use crate::Position;

/// What a response of the feed brings, or a part of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// In the order of the feed.
    pub(crate) events: &'a [Arc<Incoming>],
    /// Predecessors of these events are in transactions below it.
    pub(crate) ceiling: u64,
    /// Events of transactions below it have all come; 0 while parts of the response are left.
    pub(crate) horizon: u64,
}

/// The state between two readings: what is held, and how far each shard has been read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequencer {
    held: BTreeMap<Uuid, BTreeMap<u64, Held>>,
    read_to: BTreeMap<u8, Position>,
}

#[derive(Debug, Clone)]
struct Held {
    event: Arc<Incoming>,
    ceiling: u64,
}

/// What a reading leads to.
#[derive(Debug)]
pub(crate) struct Plan {
    /// To be applied, in this order.
    pub(crate) steps: Vec<Arc<Incoming>>,
    /// Events that were dealt with before.
    pub(crate) duplicates: u64,
    /// Predecessors that will never come.
    pub(crate) gaps: u64,
    /// The state once all steps are done.
    pub(crate) next: Sequencer,
}

impl Sequencer {
    /// Begins where the cursors of these shards stand.
    pub(crate) fn starting_at(cursors: impl IntoIterator<Item = (u8, Position)>) -> Self {
        Self {
            held: BTreeMap::new(),
            read_to: cursors.into_iter().collect(),
        }
    }

    /// The subjects whose versions must be known for [`plan`](Self::plan), each once.
    pub(crate) fn subjects(&self, events: &[Arc<Incoming>]) -> Vec<Uuid> {
        let coming = events.iter().map(|event| event.subject_id());
        let mut subjects: Vec<Uuid> = coming.chain(self.held.keys().copied()).collect();
        subjects.sort_unstable();
        subjects.dedup();
        subjects
    }

    /// Orders the events of a reading and those that were held. `versions` are the last ones that
    /// were dealt with; a subject without one has had none.
    pub(crate) fn plan(&self, reading: Reading<'_>, versions: &HashMap<Uuid, u64>) -> Plan {
        let mut plan = Plan {
            steps: Vec::new(),
            duplicates: 0,
            gaps: 0,
            next: self.clone(),
        };
        let mut versions = versions.clone();
        for event in reading.events {
            plan.next.saw(event.shard(), event.position());
            plan.sort_in(event, reading.ceiling, &mut versions);
        }
        plan.close_gaps(reading.horizon, &mut versions);
        plan.next = plan.next.advanced(reading.horizon);
        plan
    }

    /// The state after a horizon that came without events, while nothing is held.
    pub(crate) fn advanced(mut self, horizon: u64) -> Self {
        let horizon = Position::before_transaction(horizon);
        for read_to in self.read_to.values_mut() {
            *read_to = horizon.max(*read_to);
        }
        self
    }

    /// The shards of these events and of those that are held.
    pub(crate) fn shards_in_play(&self, events: &[Arc<Incoming>]) -> BTreeSet<u8> {
        self.held_events()
            .chain(events)
            .map(|event| event.shard())
            .collect()
    }

    /// Whether events wait for their predecessors.
    pub(crate) fn has_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// How many events are held.
    pub(crate) fn held_count(&self) -> usize {
        self.held.values().map(BTreeMap::len).sum()
    }

    /// Up to where everything of a shard is dealt with, once all but the `remaining` events are.
    pub(crate) fn cursor(&self, shard: u8, remaining: &[Arc<Incoming>]) -> Position {
        let open = self
            .held_events()
            .chain(remaining)
            .filter(|event| event.shard() == shard);
        let read_to = self.read_to.get(&shard).copied().unwrap_or_default();
        open.map(|event| event.position().before())
            .min()
            .map_or(read_to, |open| open.min(read_to))
    }

    /// The cursors of all shards.
    pub(crate) fn cursors(&self) -> BTreeMap<u8, Position> {
        self.read_to
            .keys()
            .map(|&shard| (shard, self.cursor(shard, &[])))
            .collect()
    }

    fn held_events(&self) -> impl Iterator<Item = &Arc<Incoming>> {
        self.held
            .values()
            .flat_map(BTreeMap::values)
            .map(|held| &held.event)
    }

    fn saw(&mut self, shard: u8, position: Position) {
        let read_to = self.read_to.entry(shard).or_default();
        *read_to = position.max(*read_to);
    }
}

impl Plan {
    fn sort_in(&mut self, event: &Arc<Incoming>, ceiling: u64, versions: &mut HashMap<Uuid, u64>) {
        let known = versions.entry(event.subject_id()).or_default();
        if event.subject_version() <= *known {
            self.duplicates += 1;
        } else if event.subject_version() == *known + 1 {
            self.steps.push(Arc::clone(event));
            *known += 1;
            self.release(event.subject_id(), known);
        } else {
            let held = self.next.held.entry(event.subject_id()).or_default();
            let event = Arc::clone(event);
            held.entry(event.subject_version())
                .or_insert(Held { event, ceiling });
        }
    }

    /// Applies what was held and follows on `known` without a gap.
    fn release(&mut self, subject: Uuid, known: &mut u64) {
        let Some(held) = self.next.held.get_mut(&subject) else {
            return;
        };
        while let Some(next) = held.remove(&(*known + 1)) {
            self.steps.push(next.event);
            *known += 1;
        }
        // Versions that came while they were held, and again.
        held.retain(|version, _| version > known);
        if held.is_empty() {
            self.next.held.remove(&subject);
        }
    }

    /// Goes on behind the gaps that the horizon has proven to be real, in the order of the feed.
    fn close_gaps(&mut self, horizon: u64, versions: &mut HashMap<Uuid, u64>) {
        while let Some((subject, first)) = self.next.first_proven(horizon) {
            let known = versions.entry(subject).or_default();
            self.gaps += first.saturating_sub(*known + 1);
            *known = first.saturating_sub(1);
            self.release(subject, known);
        }
    }
}

impl Sequencer {
    /// The subject, and the version after its gap, that is next in the feed.
    fn first_proven(&self, horizon: u64) -> Option<(Uuid, u64)> {
        let firsts = self.held.iter().filter_map(|(subject, held)| {
            let (version, first) = held.first_key_value()?;
            (first.ceiling <= horizon).then(|| (first.event.position(), *subject, *version))
        });
        firsts.min().map(|(_, subject, version)| (subject, version))
    }
}

#[cfg(test)]
mod tests;
