//! What is heard of a person besides its orders.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::interaction::Kind;

/// The most interactions of a person that count: the latest.
pub(crate) const MOST_CONTACTS: u16 = 200;

/// All of it. What came in under several ids is put together by [`Heard::of_all`], so that joining and
/// parting people changes nothing that is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The latest.
    pub(crate) answer: Option<Answer>,
    pub(crate) cases: Vec<Case>,
    /// The latest, the latest first.
    pub(crate) contacts: Vec<Contact>,
}

/// A net promoter score. Of two, the greater one is the later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    pub(crate) time: Timestamp,
    pub(crate) response: Uuid,
    /// 0 to 10.
    pub(crate) score: i16,
}

/// How urgent a complaint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

/// A complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Case {
    pub(crate) priority: Priority,
    pub(crate) opened: Timestamp,
    pub(crate) is_open: bool,
    /// Which announcement about it was heard last.
    pub(crate) revision: i64,
}

/// What was announced of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaseStep {
    /// It was opened, and is a complaint.
    Opened(Priority, Timestamp),
    Ended,
    Reopened,
}

/// An interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Contact {
    pub(crate) time: Timestamp,
    pub(crate) entry: Uuid,
    pub(crate) kind: Kind,
}

impl Case {
    /// The case after an announcement; `None`: it is no complaint. One that was heard before changes nothing.
    pub(crate) fn after(before: Option<Self>, step: CaseStep, revision: i64) -> Option<Self> {
        match (before, step) {
            (None, CaseStep::Opened(priority, opened)) => Some(Self {
                priority,
                opened,
                is_open: true,
                revision,
            }),
            (Some(case), CaseStep::Ended | CaseStep::Reopened) if revision > case.revision => {
                Some(Self {
                    is_open: step == CaseStep::Reopened,
                    revision,
                    ..case
                })
            }
            (before, _) => before,
        }
    }
}

impl Heard {
    /// What is heard of a person, from what is heard under each of its ids.
    pub(crate) fn of_all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::default();
        for part in parts {
            all.answer = all.answer.max(part.answer);
            all.cases.extend(part.cases);
            all.contacts.extend(part.contacts);
        }
        all.contacts.sort_unstable_by(|one, other| other.cmp(one));
        all.contacts.truncate(MOST_CONTACTS.into());
        all
    }
}
