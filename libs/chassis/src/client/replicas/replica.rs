use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Response, Uri};
use tokio::time::Instant;
use tonic::Code;
use tonic::body::Body;

use super::link::Link;
use crate::config::ClientConfig;
use crate::tls::Tls;

/// Answers UNAVAILABLE in a row after which a replica is left alone. A broken connection does it at
/// once.
const UNAVAILABLE_IN_A_ROW: u32 = 5;
/// How long it is left alone the first time; twice as long each further time in a row …
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One replica.
#[derive(Debug)]
pub(super) struct Replica {
    address: SocketAddr,
    link: Link,
    under_way: AtomicU64,
    unavailable: AtomicU32,
    pauses: AtomicU32,
    paused_until: Mutex<Option<Instant>>,
}

/// A call under way at a replica.
pub(super) struct UnderWay(Arc<Replica>);

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
            link,
            under_way: AtomicU64::new(0),
            unavailable: AtomicU32::new(0),
            pauses: AtomicU32::new(0),
            paused_until: Mutex::new(None),
        })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn link(&self) -> &Link {
        &self.link
    }

    pub(super) fn under_way(&self) -> u64 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// False while it is left alone. The first to ask after that is let through, and the others wait
    /// for what comes of it as long as the last pause was.
    pub(super) fn is_usable(&self, now: Instant) -> bool {
        let mut paused = self
            .paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match *paused {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                *paused = Some(now + pause(self.pauses.load(Ordering::Relaxed)));
                true
            }
        }
    }

    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    fn succeeded(&self) {
        self.unavailable.store(0, Ordering::Relaxed);
        if self.pauses.swap(0, Ordering::Relaxed) > 0 {
            self.set_pause(None);
        }
    }

    fn leave_alone(&self, now: Instant) {
        let earlier = self.pauses.fetch_add(1, Ordering::Relaxed);
        self.set_pause(Some(now + pause(earlier)));
    }

    fn set_pause(&self, until: Option<Instant>) {
        *self
            .paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = until;
    }
}

impl UnderWay {
    /// Notes what came of the call; true when it tells something about the replica that asks for a
    /// fresh look at who is there.
    pub(super) fn ended<E>(self, answer: &Result<Response<Body>, E>, now: Instant) -> bool {
        let replica = &self.0;
        match answer {
            Err(_) => {
                replica.leave_alone(now);
                true
            }
            Ok(answer) if is_unavailable(answer) => {
                let row = replica.unavailable.fetch_add(1, Ordering::Relaxed) + 1;
                let is_out = row >= UNAVAILABLE_IN_A_ROW;
                if is_out {
                    replica.leave_alone(now);
                }
                is_out
            }
            Ok(_) => {
                replica.succeeded();
                false
            }
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A refusal stands in the headers, where the answer has no message.
fn is_unavailable(answer: &Response<Body>) -> bool {
    let status = answer.headers().get("grpc-status");
    status.is_some_and(|status| Code::from_bytes(status.as_bytes()) == Code::Unavailable)
}

fn pause(earlier: u32) -> Duration {
    let factor = 2_u32.saturating_pow(earlier.min(10));
    FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE)
}
