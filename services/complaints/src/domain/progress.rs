use jiff::Timestamp;
use uuid::Uuid;

use super::{Change, Entry, Forbidden, MessageKind, State, transitions};

/// How far a case has come. A function of its log: the stored copy is a cache, equal to
/// [`Progress::replay`] of the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) state: State,
    pub(crate) opened_at: Timestamp,
    /// When a person first answered the customer. Set once, in whatever state that happens.
    pub(crate) first_responded_at: Option<Timestamp>,
    /// The resolution in force; `None` while the case is open.
    pub(crate) resolution: Option<Resolution>,
    pub(crate) closed_at: Option<Timestamp>,
    pub(crate) reopen_count: i32,
    /// The sequence number of the last entry: the version that the etag tells.
    pub(crate) version: i64,
}

/// When and how a case was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolution {
    pub(crate) at: Timestamp,
    pub(crate) text: String,
}

/// Who does something, when, and the id that the entry about it gets.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) entry_id: Uuid,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
}

impl Progress {
    /// A new case: its first entry, and where it then stands.
    pub(crate) fn open(origin: String, stamp: Stamp) -> (Entry, Self) {
        let progress = Self::at_opening(stamp.at);
        let entry = progress.entry(Change::Opened { origin }, progress.state, stamp);
        let progress = progress.after(&entry);
        (entry, progress)
    }

    /// What the change means for the case: the entry for its log, and where it then stands.
    pub(crate) fn advance(&self, change: Change, stamp: Stamp) -> Result<(Entry, Self), Forbidden> {
        let state = match change.action() {
            Some(action) => transitions::follow(self.state, action)?,
            None => self.state,
        };
        let entry = self.entry(change, state, stamp);
        let progress = self.clone().after(&entry);
        Ok((entry, progress))
    }

    /// Where the case stands after all that its log tells; `None` for no log at all.
    #[cfg(test)]
    pub(crate) fn replay(log: &[Entry]) -> Option<Self> {
        let opened_at = log.first()?.at;
        Some(log.iter().fold(Self::at_opening(opened_at), Self::after))
    }

    /// The number of the resolution in force, or of the next one: 1 for the first, one more after
    /// each reopening.
    pub(crate) fn resolution_number(&self) -> i32 {
        self.reopen_count.saturating_add(1)
    }

    /// Whether the entry, which would be the next one, is a person's first answer to the customer.
    pub(crate) fn awaits_response(&self, change: &Change) -> bool {
        self.first_responded_at.is_none()
            && matches!(change, Change::Message(message) if message.kind == MessageKind::Reply)
    }

    fn at_opening(at: Timestamp) -> Self {
        Self {
            state: State::Received,
            opened_at: at,
            first_responded_at: None,
            resolution: None,
            closed_at: None,
            reopen_count: 0,
            version: 0,
        }
    }

    fn entry(&self, change: Change, state: State, stamp: Stamp) -> Entry {
        let Stamp {
            entry_id,
            at,
            actor,
        } = stamp;
        Entry {
            id: entry_id,
            sequence: self.version.saturating_add(1),
            at,
            actor,
            state,
            change,
        }
    }

    fn after(mut self, entry: &Entry) -> Self {
        if self.awaits_response(&entry.change) {
            self.first_responded_at = Some(entry.at);
        }
        match &entry.change {
            Change::Opened { .. } | Change::Message(_) => {}
            Change::Resolved { resolution } => {
                self.resolution = Some(Resolution {
                    at: entry.at,
                    text: resolution.clone(),
                });
            }
            Change::Closed => self.closed_at = Some(entry.at),
            Change::Reopened { .. } => {
                self.resolution = None;
                self.closed_at = None;
                self.reopen_count = self.reopen_count.saturating_add(1);
            }
        }
        self.state = entry.state;
        self.version = entry.sequence;
        self
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Message;

    const OPENED: Timestamp = Timestamp::UNIX_EPOCH;

    fn stamp(second: u32) -> Stamp {
        let at = OPENED + SignedDuration::from_secs(second.into());
        Stamp {
            entry_id: Uuid::from_u128(second.into()),
            at,
            actor: "user:ana".to_owned(),
        }
    }

    fn message(kind: MessageKind) -> Change {
        Change::Message(Message {
            kind,
            body: "…".to_owned(),
        })
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let change = prop_oneof![
            prop::sample::select(MessageKind::ALL).prop_map(message),
            "[a-z]{0,4}".prop_map(|resolution| Change::Resolved { resolution }),
            Just(Change::Closed),
            "[a-z]{0,4}".prop_map(|reason| Change::Reopened { reason }),
        ];
        prop::collection::vec(change, 0..40)
    }

    /// Applies what is allowed; gives the log and where the case stands by the running count.
    fn live(changes: Vec<Change>) -> (Vec<Entry>, Progress) {
        let (first, mut progress) = Progress::open(String::new(), stamp(0));
        let mut log = vec![first];
        for (second, change) in (1..).zip(changes) {
            if let Ok((entry, next)) = progress.advance(change, stamp(second)) {
                log.push(entry);
                progress = next;
            }
        }
        (log, progress)
    }

    proptest! {
        #[test]
        fn the_log_alone_tells_where_the_case_stands(changes in changes()) {
            let (log, progress) = live(changes);
            prop_assert_eq!(Progress::replay(&log), Some(progress));
        }

        #[test]
        fn entries_are_numbered_without_gaps(changes in changes()) {
            let (log, progress) = live(changes);
            let numbers: Vec<i64> = log.iter().map(|entry| entry.sequence).collect();
            prop_assert_eq!(numbers, (1..=progress.version).collect::<Vec<_>>());
        }

        #[test]
        fn times_and_resolution_agree_with_the_state(changes in changes()) {
            let (log, progress) = live(changes);
            let done = !State::OPEN.contains(&progress.state);
            prop_assert_eq!(progress.resolution.is_some(), done);
            prop_assert_eq!(progress.closed_at.is_some(), progress.state == State::Closed);
            let first_reply = log
                .iter()
                .find(|entry| entry.change == message(MessageKind::Reply))
                .map(|entry| entry.at);
            prop_assert_eq!(progress.first_responded_at, first_reply);
        }
    }

    #[test]
    fn an_automatic_message_is_no_first_response() {
        let (_, progress) = live(vec![message(MessageKind::Automatic)]);
        assert_eq!(
            (progress.state, progress.first_responded_at),
            (State::Acknowledged, None)
        );
    }

    #[test]
    fn each_reopening_begins_another_resolution() {
        let resolved = || Change::Resolved {
            resolution: "refunded".to_owned(),
        };
        let reopened = || Change::Reopened {
            reason: "not received".to_owned(),
        };
        let (_, progress) = live(vec![
            resolved(),
            Change::Closed,
            reopened(),
            resolved(),
            reopened(),
            resolved(),
        ]);
        assert_eq!(
            (progress.reopen_count, progress.resolution_number()),
            (2, 3)
        );
    }
}
