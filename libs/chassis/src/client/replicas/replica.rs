use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Response, Uri};
use tokio::time::Instant;
use tonic::Code;
use tonic::body::Body;

use super::super::body::{BodyEnd, BodyWatch};
use super::link::Link;
use crate::Deadline;
use crate::config::ClientConfig;
use crate::tls::Tls;

/// Answers UNAVAILABLE, or none at all, in a row after which a replica is left alone. A broken connection does it at
/// once.
const FAILURES_IN_A_ROW: u32 = 5;
/// A call that was given less time than this says nothing of the replica when it gets no answer.
const LEAST_TIME: Duration = Duration::from_millis(100);
/// How long it is left alone the first time; twice as long each further time in a row …
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One replica.
#[derive(Debug)]
pub(super) struct Replica {
    address: SocketAddr,
    link: Arc<Link>,
    under_way: AtomicU64,
    failures: AtomicU32,
    pauses: AtomicU32,
    pause: Mutex<Option<Pause>>,
}

/// How long a replica is left alone, and since when it has been.
#[derive(Clone, Copy, Debug)]
struct Pause {
    since: Instant,
    until: Instant,
}

/// A call under way at a replica.
pub(super) struct UnderWay {
    replica: Arc<Replica>,
    begun: Instant,
    deadline: Option<Deadline>,
    /// How its request ends; none when it was there as a whole.
    body: Option<BodyWatch>,
}

impl Replica {
    /// A replica at this address of the name in `uri`. It is connected when its first call comes.
    pub(super) fn new(
        address: SocketAddr,
        uri: &Uri,
        config: &ClientConfig,
        tls: Option<&Tls>,
    ) -> Option<Self> {
        let link = Link::new(address, uri, config, tls)?;
        Some(Self {
            address,
            link: Arc::new(link),
            under_way: AtomicU64::new(0),
            failures: AtomicU32::new(0),
            pauses: AtomicU32::new(0),
            pause: Mutex::new(None),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    pub(super) fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// False while it is left alone. The first to ask after that is let through, and the others wait
    /// for what comes of it as long as the last pause was.
    pub(super) fn is_usable(&self, now: Instant) -> bool {
        match &mut *self.pause() {
            None => true,
            Some(pause) if now < pause.until => false,
            Some(pause) => {
                pause.until = now + length(self.pauses.load(Ordering::Relaxed));
                true
            }
        }
    }

    /// A call that begins, and is to be answered by the deadline.
    pub(super) fn begin(
        self: &Arc<Self>,
        now: Instant,
        deadline: Option<Deadline>,
        body: Option<BodyWatch>,
    ) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay {
            replica: Arc::clone(self),
            begun: now,
            deadline,
            body,
        }
    }

    fn succeeded(&self) {
        self.failures.store(0, Ordering::Relaxed);
        if self.pauses.swap(0, Ordering::Relaxed) > 0 {
            *self.pause() = None;
        }
    }

    /// Leaves it alone after a call that began then; true unless it was left alone since. Of calls that were under way
    /// together only the first to fail counts, else each would make the pause twice as long.
    fn leave_alone(&self, begun: Instant, now: Instant) -> bool {
        let mut pause = self.pause();
        if pause.is_some_and(|pause| begun < pause.since) {
            return false;
        }
        let until = now + length(self.pauses.fetch_add(1, Ordering::Relaxed));
        *pause = Some(Pause { since: now, until });
        true
    }

    fn pause(&self) -> MutexGuard<'_, Option<Pause>> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay {
    /// Notes what came of the call; true when it tells something about the replica that asks for a
    /// fresh look at who is there.
    pub(super) fn ended<E>(self, answer: &Result<Response<Body>, E>, now: Instant) -> bool {
        match answer {
            // What fails with its request is its caller's doing.
            Err(_) if self.body_end().is_some_and(|end| end != BodyEnd::Whole) => false,
            Err(_) => self.replica.leave_alone(self.begun, now),
            Ok(answer) if is_unavailable(answer) => self.failed(now),
            Ok(_) => {
                self.replica.succeeded();
                false
            }
        }
    }

    /// Notes that nobody waits any more. When its time is over, though all was there to answer, that is as bad as
    /// UNAVAILABLE.
    pub(super) fn given_up(self, now: Instant) -> bool {
        let is_whole = self.body_end() == Some(BodyEnd::Whole);
        is_whole && self.is_overdue(now) && self.failed(now)
    }

    fn body_end(&self) -> Option<BodyEnd> {
        let body = self.body.as_ref();
        body.map_or(Some(BodyEnd::Whole), BodyWatch::end)
    }

    /// Nearly all of its time counts as all: callers have clocks of their own, and some give up just before.
    fn is_overdue(&self, now: Instant) -> bool {
        let Some(deadline) = self.deadline else {
            return false;
        };
        let given = deadline.instant().saturating_duration_since(self.begun);
        let waited = now.saturating_duration_since(self.begun);
        given >= LEAST_TIME && waited >= given / 10 * 9
    }

    fn failed(&self, now: Instant) -> bool {
        let row = self.replica.failures.fetch_add(1, Ordering::Relaxed) + 1;
        row >= FAILURES_IN_A_ROW && self.replica.leave_alone(self.begun, now)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.replica.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A refusal stands in the headers, where the answer has no message.
fn is_unavailable(answer: &Response<Body>) -> bool {
    let status = answer.headers().get("grpc-status");
    status.is_some_and(|status| Code::from_bytes(status.as_bytes()) == Code::Unavailable)
}

fn length(earlier: u32) -> Duration {
    let factor = 2_u32.saturating_pow(earlier.min(10));
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}
