//! May this message be sent now, and when at last?

use calendar::Zone;
use jiff::Timestamp;

use super::caps::{Cap, CapId};
use super::consent::{Said, State};
use super::ledger::Held;
use super::policy::{Policy, PurposeRule};
use super::quiet::{self, QuietHours};
use super::topic::{ContactId, Topic};

/// Why a message may not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    NotAsked,
    OptInPending,
    ConsentExpired,
    ConsentWithdrawn,
    QuietHours,
    CapReached(CapId),
    /// The processing of the person is.
    Restricted,
}

/// Something in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub(crate) reason: Reason,
    /// When it alone is gone if nothing happens until then; `None`: never by itself.
    pub(crate) ends: Option<Timestamp>,
}

/// The decision on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may be sent, and these reservations give way to it.
    Allowed { displaced: Vec<ContactId> },
    /// It may not: all that is in the way, and the first instant at which nothing would be.
    Refused {
        obstacles: Vec<Obstacle>,
        next: Option<Timestamp>,
    },
}

impl Decision {
    /// Nothing is sent to whose processing is restricted, and time alone does not change it.
    pub(crate) fn restricted() -> Self {
        let obstacle = Obstacle {
            reason: Reason::Restricted,
            ends: None,
        };
        Self::Refused {
            obstacles: vec![obstacle],
            next: None,
        }
    }
}

/// What a decision is taken from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) rule: &'a PurposeRule,
    pub(crate) topic: &'a Topic,
    /// Where the customer lives.
    pub(crate) zone: &'a Zone,
    pub(crate) said: &'a Said,
    /// The contacts that may still count for a cap of this topic, in any order.
    pub(crate) held: &'a [Held],
}

impl Question<'_> {
    /// Decides as of an instant.
    pub(crate) fn decide(&self, now: Timestamp) -> Decision {
        let obstacles = self.obstacles(now);
        if obstacles.is_empty() {
            let displaced = self.displaced(now);
            return Decision::Allowed { displaced };
        }
        let next = self.next_allowed(now);
        Decision::Refused { obstacles, next }
    }

    fn obstacles(&self, now: Timestamp) -> Vec<Obstacle> {
        let consent = self
            .consent_obstacle(now)
            .map(|reason| Obstacle { reason, ends: None });
        let free = self.next_free(now);
        let quiet = (free != Some(now)).then_some(Obstacle {
            reason: Reason::QuietHours,
            ends: free,
        });
        let caps = self.caps().filter_map(|cap| {
            let room = self.next_room(cap, now);
            let reason = Reason::CapReached(cap.id.clone());
            (room > now).then_some(Obstacle {
                reason,
                ends: Some(room),
            })
        });
        consent.into_iter().chain(quiet).chain(caps).collect()
    }

    /// Consent comes by no lapse of time, and room in a cap that is there stays: so quiet hours have
    /// the last word on the instant, and consent on whether there is one.
    fn next_allowed(&self, now: Timestamp) -> Option<Timestamp> {
        if self.consent_obstacle(now).is_some() {
            return None;
        }
        let room = self.caps().map(|cap| self.next_room(cap, now)).max();
        let next = self.next_free(room.unwrap_or(now))?;
        self.consent_obstacle(next).is_none().then_some(next)
    }

    fn consent_obstacle(&self, at: Timestamp) -> Option<Reason> {
        if !self.rule.needs_consent {
            return None;
        }
        match self.said.state(self.topic, at) {
            State::Granted { .. } => None,
            State::NotAsked => Some(Reason::NotAsked),
            State::Pending { .. } => Some(Reason::OptInPending),
            State::Expired => Some(Reason::ConsentExpired),
            State::Withdrawn => Some(Reason::ConsentWithdrawn),
        }
    }

    fn next_free(&self, from: Timestamp) -> Option<Timestamp> {
        let windows = self.policy.quiet_hours.iter();
        let holds =
            |it: &&QuietHours| !self.rule.ignores_quiet_hours && it.holds_for(&self.topic.channel);
        let windows: Vec<&QuietHours> = windows.filter(holds).collect();
        quiet::next_free(&windows, self.zone, from)
    }

    /// The caps that can be in the way.
    fn caps(&self) -> impl Iterator<Item = &Cap> {
        self.policy.caps_on(self.rule, self.topic)
    }

    /// Contacts that can't give way are what a cap has no room for.
    fn next_room(&self, cap: &Cap, from: Timestamp) -> Timestamp {
        let counted = self.held.iter().filter(|it| cap.counts(&it.topic));
        cap.next_room(counted.filter(|it| !self.gives_way(it)), self.zone, from)
    }

    /// A lower priority gives way to a higher one as long as it is not confirmed.
    fn gives_way(&self, held: &Held) -> bool {
        held.reserved_until.is_some() && held.priority < self.rule.priority
    }

    /// The reservations that give way: as many as it takes, of the lowest priority, the latest first.
    fn displaced(&self, now: Timestamp) -> Vec<ContactId> {
        let mut yielding: Vec<&Held> = self.held.iter().filter(|it| self.gives_way(it)).collect();
        yielding.sort_by_key(|it| (it.priority, std::cmp::Reverse((it.at, it.id))));
        let mut displaced: Vec<ContactId> = Vec::new();
        for cap in self.caps() {
            let counts = |it: &&Held| cap.counts(&it.topic) && now < cap.leaves(it, self.zone);
            let remain = |it: &&Held| !displaced.contains(&it.id);
            let counted = self.held.iter().filter(counts).filter(remain).count();
            let excess = counted.saturating_add(1).saturating_sub(cap.limit);
            let chosen = yielding
                .iter()
                .copied()
                .filter(counts)
                .filter(remain)
                .take(excess);
            let chosen: Vec<ContactId> = chosen.map(|it| it.id).collect();
            displaced.extend(chosen);
        }
        displaced
    }
}
