//! Runs of retention, here and in other services.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::Kind;

/// How long another service may take for a batch.
const LEASE: SignedDuration = SignedDuration::from_secs(3);
/// By how much its clock may be behind, and its commit be slow.
const LEASE_MARGIN: SignedDuration = SignedDuration::from_secs(3);
/// When a run that something is in the way of is tried again.
const RETRY: SignedDuration = SignedDuration::from_mins(1);
/// Records of another service in one transaction.
const BATCH: i32 = 500;
/// The same when the last one failed: it may have been too large for its time.
const BATCH_AFTER_TROUBLE: i32 = 25;

/// A run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RunId(pub(crate) Uuid);

/// A run, and its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: RunId,
    pub(crate) kind: Kind,
    pub(crate) days: i32,
    pub(crate) cut_off: Timestamp,
    pub(crate) begun_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) removed: i64,
    pub(crate) held: i64,
    /// Until then another service may remove by the holds that it was told.
    pub(crate) removing_until: Option<Timestamp>,
    /// What is in its way.
    pub(crate) hindered: Option<Hindered>,
}

/// What is in the way of a run, and when it is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hindered {
    pub(crate) by: Hindrance,
    pub(crate) resumes_at: Timestamp,
}

/// What is in the way of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hindrance {
    /// The service does not answer.
    Unavailable,
    /// The service can't do it.
    Failed,
    /// More ids are held than another service can be told.
    TooManyHeld,
}

/// Leave for another service to remove a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// It removes nothing from then on.
    pub(crate) expires_at: Timestamp,
    /// Most records.
    pub(crate) most: i32,
}

/// How far another service came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// All that it has removed for the run.
    pub(crate) removed: i64,
    /// How many are held; told when nothing is left to remove.
    pub(crate) held: Option<i64>,
}

impl Hindrance {
    const ALL: [Self; 3] = [Self::Unavailable, Self::Failed, Self::TooManyHeld];

    /// The number that the contract and the database have for it.
    pub(crate) fn number(self) -> i16 {
        match self {
            Self::Unavailable => 1,
            Self::Failed => 2,
            Self::TooManyHeld => 3,
        }
    }

    /// The one that a number stands for.
    pub(crate) fn numbered(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.number() == number)
    }
}

impl Run {
    /// Lets another service remove a batch: nobody is put on hold until it has answered, or surely has ended.
    pub(crate) fn lease(&mut self, now: Timestamp) -> Lease {
        let expires_at = after(now, LEASE);
        self.removing_until = Some(after(expires_at, LEASE_MARGIN));
        let most = match self.hindered {
            None => BATCH,
            Some(_) => BATCH_AFTER_TROUBLE,
        };
        Lease { expires_at, most }
    }

    /// The service has answered.
    pub(crate) fn advance(&mut self, progress: Progress, now: Timestamp) {
        self.removed = progress.removed;
        self.removing_until = None;
        self.hindered = None;
        if let Some(held) = progress.held {
            self.held = held;
            self.ended_at = Some(now);
        }
    }

    /// It does not get on now. What may be on its way keeps its lease.
    pub(crate) fn hinder(&mut self, by: Hindrance, now: Timestamp) {
        self.hindered = Some(Hindered {
            by,
            resumes_at: after(now, RETRY),
        });
    }
}

fn after(now: Timestamp, time: SignedDuration) -> Timestamp {
    now.checked_add(time).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::{Others, Rule};
    use super::*;

    #[test]
    fn a_batch_that_nobody_answers_keeps_its_lease_and_the_next_is_small_and_later() {
        let now = "2026-05-10T12:00:00Z".parse::<Timestamp>().unwrap();
        let rule = Rule {
            kind: Kind::Others(Others::Cases),
            days: 40,
            updated: Some(("user:ann".to_owned(), now)),
        };
        let mut run = rule.run(None, RunId(Uuid::nil()), now).unwrap();
        let lease = run.lease(now);
        let until = run.removing_until.unwrap();
        assert!(until > lease.expires_at);
        run.hinder(Hindrance::Unavailable, now);
        assert_eq!(run.removing_until, Some(until));
        assert!(run.hindered.unwrap().resumes_at > until);
        assert!(run.lease(now).most < lease.most);
        let progress = |held| Progress { removed: 7, held };
        run.advance(progress(None), now);
        assert_eq!((run.removing_until, run.hindered), (None, None));
        assert_eq!((run.removed, run.ended_at), (7, None));
        run.advance(progress(Some(2)), now);
        assert_eq!((run.held, run.ended_at), (2, Some(now)));
    }
}
