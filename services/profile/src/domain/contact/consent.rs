//! What a customer allows: a function of what the customer has said.

use jiff::Timestamp;

use super::topic::{StatementId, Topic};
use crate::domain::ids::CustomerId;

/// A keyed hash of a verified identifier, by which the same person is known again.
pub(crate) type Fingerprint = [u8; 32];

/// What can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Agreed.
    Granted,
    /// Agreed, to be confirmed by then.
    Requested { confirm_by: Timestamp },
    /// Confirmed what had been requested.
    Confirmed { request: StatementId },
    /// Withdrawn, or refused from the beginning.
    Withdrawn,
}

/// Something that a customer said about a topic. Never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) id: StatementId,
    /// The customer id under which it came in.
    pub(crate) home: CustomerId,
    /// The ids that were joined at that time, the home among them: it speaks for all of them as long
    /// as they are.
    pub(crate) covers: Vec<CustomerId>,
    pub(crate) topic: Topic,
    pub(crate) kind: Kind,
    pub(crate) decided: Timestamp,
    /// When a consent ends by itself.
    pub(crate) until: Option<Timestamp>,
    /// The verified identifier by which the customer spoke.
    pub(crate) proved_by: Option<Fingerprint>,
    pub(crate) notice: String,
    pub(crate) source: String,
}

/// Where a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Withdrawn,
    Expired,
    NotAsked,
    Pending { confirm_by: Timestamp },
    Granted { until: Option<Timestamp> },
}

impl State {
    /// Of two, the one that allows less. A semilattice: the order of joining does not matter, and
    /// what is joined never allows more than any of its parts. Whoever was not asked allows nothing,
    /// so consent does not spread by joining people; it has to be asked for again.
    pub(crate) fn meet(self, other: Self) -> Self {
        match (self, other) {
            (Self::Granted { until: one }, Self::Granted { until: two }) => Self::Granted {
                until: earlier(one, two),
            },
            (Self::Pending { confirm_by: one }, Self::Pending { confirm_by: two }) => {
                Self::Pending {
                    confirm_by: one.min(two),
                }
            }
            (one, two) if one.rank() <= two.rank() => one,
            (_, two) => two,
        }
    }

    /// How much it allows.
    fn rank(self) -> u8 {
        match self {
            Self::Withdrawn => 0,
            Self::Expired => 1,
            Self::NotAsked => 2,
            Self::Pending { .. } => 3,
            Self::Granted { .. } => 4,
        }
    }

    /// Whether contact is allowed.
    pub(crate) fn allows(self) -> bool {
        matches!(self, Self::Granted { .. })
    }
}

/// The earlier of two ends, of which none is the latest.
fn earlier(one: Option<Timestamp>, two: Option<Timestamp>) -> Option<Timestamp> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.min(two)),
        (one, two) => one.or(two),
    }
}

/// A state, and the statement that it follows from; `None` where nothing was said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) state: State,
    pub(crate) by: Option<&'a Statement>,
}

/// What people who are joined have said, each under an id of their own. With one id: one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The ids, all that are joined now.
    pub(crate) ids: Vec<CustomerId>,
    /// What was said under them, in any order.
    pub(crate) statements: Vec<Statement>,
}

impl Said {
    /// What is allowed at an instant.
    pub(crate) fn state(&self, topic: &Topic, at: Timestamp) -> State {
        self.standing(topic, at).state
    }

    /// The same, with the statement that decides.
    pub(crate) fn standing(&self, topic: &Topic, at: Timestamp) -> Standing<'_> {
        let sides = self.ids.iter().map(|id| self.side(*id, topic, at));
        let nothing = Standing {
            state: State::NotAsked,
            by: None,
        };
        sides.reduce(join).unwrap_or(nothing)
    }

    /// What one of the joined ids allows.
    fn side(&self, id: CustomerId, topic: &Topic, at: Timestamp) -> Standing<'_> {
        let about = |it: &&Statement| it.topic == *topic;
        let speaks = |it: &&Statement| it.home == id || it.covers.contains(&id);
        let own = self.statements.iter().filter(about).filter(speaks);
        let decided = own
            .clone()
            .filter(|it| it.is_decision())
            .max_by_key(|it| it.order());
        let decided = decided.map(|own| self.newest_by_the_same_hand(own));
        let asked = own
            .filter(|it| it.kind.confirm_by().is_some())
            .max_by_key(|it| it.order());
        let open = asked.filter(|asked| decided.is_none_or(|it| asked.is_newer_than(it)));
        standing(decided, open, at)
    }

    /// The newest decision by the verified identifier that proved this one; or itself.
    fn newest_by_the_same_hand<'a>(&'a self, decided: &'a Statement) -> &'a Statement {
        let same = |it: &&Statement| it.topic == decided.topic && it.proved_by == decided.proved_by;
        let rivals = self.statements.iter().filter(|it| it.is_decision());
        let rivals = rivals.filter(|_| decided.proved_by.is_some()).filter(same);
        rivals
            .chain([decided])
            .max_by_key(|it| it.order())
            .unwrap_or(decided)
    }
}

fn join<'a>(one: Standing<'a>, two: Standing<'a>) -> Standing<'a> {
    let state = one.state.meet(two.state);
    let by = if state == one.state { one.by } else { two.by };
    Standing { state, by }
}

/// What follows from the newest decision, and the newest request that came after it. A request that
/// is open takes nothing away: whoever had agreed has agreed until the new words are confirmed.
fn standing<'a>(
    decided: Option<&'a Statement>,
    asked: Option<&'a Statement>,
    at: Timestamp,
) -> Standing<'a> {
    let before = decided.map_or(State::NotAsked, |it| it.outcome(at));
    let confirm_by = asked.and_then(|it| it.kind.confirm_by());
    match confirm_by.filter(|until| at < *until && !before.allows()) {
        Some(confirm_by) => Standing {
            state: State::Pending { confirm_by },
            by: asked,
        },
        None => Standing {
            state: before,
            by: decided,
        },
    }
}

impl Kind {
    /// Until when it can be confirmed, if it is to be.
    pub(crate) fn confirm_by(self) -> Option<Timestamp> {
        match self {
            Self::Requested { confirm_by } => Some(confirm_by),
            Self::Granted | Self::Confirmed { .. } | Self::Withdrawn => None,
        }
    }
}

impl Statement {
    /// Whether something was decided: a request is no decision before it is confirmed.
    pub(crate) fn is_decision(&self) -> bool {
        self.kind.confirm_by().is_none()
    }

    /// Whether it comes after another one.
    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        self.order() > other.order()
    }

    /// The newest is the greatest. At the same instant a withdrawal counts for more.
    fn order(&self) -> (Timestamp, bool, StatementId) {
        (self.decided, self.kind == Kind::Withdrawn, self.id)
    }

    fn outcome(&self, at: Timestamp) -> State {
        match (self.kind, self.until) {
            (Kind::Withdrawn, _) => State::Withdrawn,
            (_, Some(until)) if until <= at => State::Expired,
            (_, until) => State::Granted { until },
        }
    }
}
