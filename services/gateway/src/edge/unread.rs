//! Answers that their clients do not take.
//!
//! A client may read its connection and yet never open the window of a stream: then nothing of its connection stalls,
//! and its answer would wait in memory for as long as the connection lasts. The server asks a body for more only when
//! there is a window for it, so a body can't tell the time itself; all of them are looked at together.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

/// Parts of the list, so that calls that begin and end do not wait for each other.
const PARTS: usize = 64;

/// How often answers are looked at within the bound.
const LOOKS: u32 = 4;

/// No more often than that.
const LEAST_PAUSE: Duration = Duration::from_millis(10);

/// Something that may wait for a client.
pub(crate) trait Waiting: Send {
    /// Since when; none while it does not.
    fn since(&self) -> Option<Instant>;
}

/// What is on its way to a client, until it is given up.
pub(crate) struct Sent<T>(Mutex<Option<T>>);

impl<T> Sent<T> {
    /// None when it was given up.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Part<T> = Mutex<HashMap<u64, Weak<Sent<T>>>>;

/// All that is on its way.
pub(crate) struct Unread<T> {
    parts: Box<[Part<T>]>,
    next: AtomicU64,
    bound: Duration,
}

impl<T> std::fmt::Debug for Unread<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unread").finish_non_exhaustive()
    }
}

/// One of them, in the list until this is dropped.
pub(crate) struct Listed<T> {
    list: Arc<Unread<T>>,
    number: u64,
    pub(crate) sent: Arc<Sent<T>>,
}

impl<T: Waiting> Unread<T> {
    /// Nothing may wait for longer than the bound, by more than a part of it.
    pub(crate) fn new(bound: Duration) -> Arc<Self> {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Arc::new(Self {
            parts,
            next: AtomicU64::new(0),
            bound,
        })
    }

    /// Lists what is sent.
    pub(crate) fn list(self: &Arc<Self>, sent: T) -> Listed<T> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let sent = Arc::new(Sent(Mutex::new(Some(sent))));
        if let Some(mut part) = self.part(number) {
            part.insert(number, Arc::downgrade(&sent));
        }
        Listed {
            list: Arc::clone(self),
            number,
            sent,
        }
    }

    /// How long to wait between two looks.
    pub(crate) fn pause(&self) -> Duration {
        (self.bound / LOOKS).max(LEAST_PAUSE)
    }

    /// Gives up what has waited for too long.
    pub(crate) fn look(&self) {
        for part in &self.parts {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner);
            let sent: Vec<_> = part.values().filter_map(Weak::upgrade).collect();
            drop(part);
            for sent in sent {
                let mut waiting = sent.lock();
                let since = waiting.as_ref().and_then(Waiting::since);
                let given_up = since.filter(|since| since.elapsed() > self.bound);
                let given_up = given_up.and_then(|_| waiting.take());
                drop(waiting);
                // Last, and outside of all locks: it may be large, and its end is counted.
                drop(given_up);
            }
        }
    }
}

impl<T> Unread<T> {
    fn part(&self, number: u64) -> Option<MutexGuard<'_, HashMap<u64, Weak<Sent<T>>>>> {
        let index = usize::try_from(number).unwrap_or_default() % PARTS;
        let part = self.parts.get(index)?;
        Some(part.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Drop for Listed<T> {
    fn drop(&mut self) {
        if let Some(mut part) = self.list.part(self.number) {
            part.remove(&self.number);
        }
    }
}
