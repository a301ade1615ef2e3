//! How many calls one caller may make of one method.
//!
//! A bucket of tokens for each caller and method, by GCRA (`governor`). Callers are told where they
//! stand by the headers of draft-ietf-httpapi-ratelimit-headers, so that they can slow down before
//! they are refused.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference as _};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::{RateLimit, RateLimits as Settings};

/// What the limit is.
pub(super) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Where the caller stands.
pub(super) const STANDING: HeaderName = HeaderName::from_static("ratelimit");

/// Buckets of one limit. A caller and a method are hashed to one of them by a key of this process,
/// so that memory is bounded whoever calls. That two share one is rare, and nobody can bring it
/// about.
const BUCKETS: u64 = 1 << 20;

type Limiter = RateLimiter<u32, DashMapStateStore<u32>, Passed, StateInformationMiddleware>;

/// The limits of all methods.
#[derive(Debug)]
pub(crate) struct RateLimits {
    default: Option<Limit>,
    methods: HashMap<Arc<str>, Option<Limit>>,
    hasher: RandomState,
}

#[derive(Debug)]
struct Limit {
    limiter: Limiter,
    burst: u32,
    /// Time in which an empty bucket fills up.
    window: Duration,
    clock: Passed,
}

/// Where a caller stands after a call that was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    burst: u32,
    remaining: u32,
    window: Duration,
}

/// A call beyond the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {burst} calls of this method at once, or too many a second; try again later")]
pub(crate) struct RateLimited {
    /// Calls that may be made at once after a pause.
    pub(crate) burst: u32,
    /// When the next one is let in.
    pub(crate) retry_after: Duration,
}

/// The role's clock as the limiter wants it: what has passed, not what time it is. A machine whose time
/// is set right would else refuse everybody for as long as the step, or let all in at once.
#[derive(Debug, Clone)]
struct Passed(chassis::Clock);

impl GovernorClock for Passed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl RateLimits {
    /// The limits of a configuration. `per_second = 0` is no limit.
    pub(crate) fn new(settings: &Settings, clock: &chassis::Clock) -> Self {
        let limit = |limit: &RateLimit| Limit::new(*limit, clock);
        let methods = settings.methods.iter();
        Self {
            default: limit(&RateLimit {
                per_second: settings.per_second,
                burst: settings.burst,
            }),
            methods: methods
                .map(|(name, settings)| (Arc::from(name.as_str()), limit(settings)))
                .collect(),
            hasher: RandomState::new(),
        }
    }

    /// Counts a call of `caller`. `None`: there is no limit.
    pub(crate) fn count(
        &self,
        caller: &str,
        method: &Arc<str>,
    ) -> Result<Option<Standing>, RateLimited> {
        let limit = self.methods.get(method).unwrap_or(&self.default);
        let Some(limit) = limit else {
            return Ok(None);
        };
        let bucket = self.hasher.hash_one((caller, method)) % BUCKETS;
        limit
            .count(u32::try_from(bucket).unwrap_or_default())
            .map(Some)
    }
}

impl Limit {
    fn new(limit: RateLimit, clock: &chassis::Clock) -> Option<Self> {
        let per_second = NonZeroU32::new(limit.per_second)?;
        let burst = NonZeroU32::new(limit.burst).unwrap_or(per_second);
        let clock = Passed(clock.clone());
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let limiter = Limiter::new(quota, DashMapStateStore::default(), clock.clone());
        Some(Self {
            limiter,
            burst: burst.get(),
            window: quota.burst_size_replenished_in(),
            clock,
        })
    }

    fn count(&self, bucket: u32) -> Result<Standing, RateLimited> {
        let counted = self.limiter.check_key(&bucket);
        counted
            .map(|state| Standing {
                burst: self.burst,
                remaining: state.remaining_burst_capacity(),
                window: self.window,
            })
            .map_err(|refused| self.refused(&refused))
    }

    fn refused(&self, refused: &NotUntil<Duration>) -> RateLimited {
        let now = self.clock.now();
        let earliest = refused.earliest_possible();
        RateLimited {
            burst: self.burst,
            retry_after: earliest.duration_since(now).into(),
        }
    }
}

impl Standing {
    /// Tells the caller.
    pub(crate) fn write_to(self, headers: &mut HeaderMap) {
        let Self {
            burst,
            remaining,
            window,
        } = self;
        let seconds = window.as_secs().max(1);
        let fields = [
            (POLICY, format!("\"calls\";q={burst};w={seconds}")),
            (STANDING, format!("\"calls\";r={remaining};t={seconds}")),
        ];
        for (name, text) in fields {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(clock: &chassis::Clock) -> RateLimits {
        let search = RateLimit {
            per_second: 1,
            burst: 1,
        };
        let settings = Settings {
            per_second: 10,
            burst: 20,
            methods: [("p.S/Search".to_owned(), search)].into(),
        };
        RateLimits::new(&settings, clock)
    }

    fn clock() -> chassis::Clock {
        chassis::Clock::manual("2026-03-09T10:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_caller_gets_its_burst_and_then_its_rate_and_others_are_not_touched() {
        let clock = clock();
        let limits = limits(&clock);
        let read: Arc<str> = "p.S/Read".into();
        let let_in = |caller: &str| {
            (0..100)
                .filter(|_| limits.count(caller, &read).is_ok())
                .count()
        };
        assert_eq!(let_in("anna"), 20);
        assert_eq!(let_in("ben"), 20);
        clock.advance(jiff::SignedDuration::from_millis(500));
        assert_eq!(let_in("anna"), 5);
    }

    #[test]
    fn a_refusal_says_when_the_next_call_is_let_in() {
        let clock = clock();
        let limits = limits(&clock);
        let search: Arc<str> = "p.S/Search".into();
        limits.count("anna", &search).unwrap();
        let refused = limits.count("anna", &search).unwrap_err();
        assert_eq!(refused.retry_after, Duration::from_secs(1));
        clock.advance(jiff::SignedDuration::from_secs(1));
        let standing = limits.count("anna", &search).unwrap().unwrap();
        assert_eq!(standing.remaining, 0);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out_and_opens_no_limit() {
        let clock = clock();
        let limits = limits(&clock);
        let search: Arc<str> = "p.S/Search".into();
        limits.count("anna", &search).unwrap();
        clock.advance(jiff::SignedDuration::from_secs(1));
        clock.advance(jiff::SignedDuration::from_mins(-10));
        limits.count("anna", &search).unwrap();
        let refused = limits.count("anna", &search).unwrap_err();
        assert_eq!(refused.retry_after, Duration::from_secs(1));
        clock.advance(jiff::SignedDuration::from_secs(1));
        limits.count("anna", &search).unwrap();
    }

    #[test]
    fn no_rate_is_no_limit() {
        let settings = Settings {
            per_second: 0,
            burst: 0,
            methods: [].into(),
        };
        let limits = RateLimits::new(&settings, &clock());
        assert_eq!(limits.count("anna", &"p.S/Read".into()), Ok(None));
    }
}
