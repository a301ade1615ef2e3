//! How many calls may be in flight, and who gives way when there are too many.
//!
//! There are bounds for all callers together and for each. Of the former, calls that can wait get but a
//! part, so the rest is always there for those that cannot. A caller that floods the gateway fills its own
//! bound, and not that of the others.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use access::Priority;

use crate::config::Concurrency;

/// Counters of callers. A caller is hashed to one of them by a key of this process, so that memory is
/// bounded whoever calls. That two share one is rare, and nobody can bring it about.
const CALLERS: usize = 1 << 14;

/// The room for calls of all kinds.
#[derive(Debug)]
pub(crate) struct Room {
    calls: Arc<Space>,
    streams: Arc<Space>,
    /// Streams of whoever need not say who they are, by their addresses.
    anonymous: Arc<Space>,
}

/// The room for calls of one kind.
#[derive(Debug)]
struct Space {
    taken: AtomicU32,
    limits: Limits,
    callers: Box<[AtomicU32]>,
    hasher: RandomState,
}

/// How much may be taken when a call of some priority comes, and by one caller.
#[derive(Debug, Clone, Copy)]
struct Limits {
    background: u32,
    normal: u32,
    high: u32,
    per_caller: u32,
}

/// The place of one call. Both are given back when they are dropped.
#[derive(Debug)]
pub(crate) struct Place {
    /// Of the room for all.
    pub(crate) shared: Shared,
    /// Of the room for its caller.
    pub(crate) own: Own,
}

/// A place among all calls. Not kept while a client reads its answer: one that reads slowly must not keep
/// the others out.
#[derive(Debug)]
pub(crate) struct Shared(Arc<Space>);

/// A place among the calls of one caller. Kept until the answer has been read: what a caller does not read
/// waits in memory, and must have a bound, too.
#[derive(Debug)]
pub(crate) struct Own {
    space: Arc<Space>,
    caller: usize,
}

/// A call for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRoom {
    /// The caller has its share.
    #[error("the caller has {limit} calls in flight, as many as it may; let some end first")]
    ForCaller { limit: u32 },
    /// All together have filled what there is for calls of this priority.
    #[error("the gateway has as much work as it can take; try again later")]
    ForPriority { priority: Priority },
}

impl NoRoom {
    /// When the caller may try again. What can wait is asked to wait longer.
    pub(crate) fn retry_after(self) -> Duration {
        match self {
            Self::ForPriority {
                priority: Priority::Background,
            } => Duration::from_secs(5),
            Self::ForPriority { .. } | Self::ForCaller { .. } => Duration::from_secs(1),
        }
    }
}

impl Room {
    /// Room for so many calls in all, streams aside.
    pub(crate) fn new(calls: usize, settings: &Concurrency) -> Self {
        let calls = u32::try_from(calls).unwrap_or(u32::MAX);
        Self {
            calls: Space::new(calls, settings.calls_per_caller, settings),
            streams: Space::new(settings.max_streams, settings.streams_per_caller, settings),
            anonymous: Space::new(
                settings.max_anonymous_streams,
                settings.anonymous_streams_per_address,
                settings,
            ),
        }
    }

    /// A place for a call of `caller`.
    pub(crate) fn enter(
        &self,
        caller: &str,
        priority: Priority,
        is_stream: bool,
    ) -> Result<Place, NoRoom> {
        let space = if is_stream {
            &self.streams
        } else {
            &self.calls
        };
        space.enter(caller, priority)
    }

    /// A place for a stream of whoever calls from this address, and says no more.
    pub(crate) fn enter_from(&self, address: Option<IpAddr>) -> Result<Place, NoRoom> {
        self.anonymous.enter(network(address), Priority::High)
    }
}

/// What one caller has of addresses: of IPv6 a whole network of 64 bits.
fn network(address: Option<IpAddr>) -> Option<IpAddr> {
    Some(match address?.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    })
}

impl Space {
    fn new(whole: u32, per_caller: u32, settings: &Concurrency) -> Arc<Self> {
        // At least one: a limit of none would be an outage.
        let part = |percent: u8| {
            let part = u64::from(whole) * u64::from(percent) / 100;
            u32::try_from(part).unwrap_or(whole).max(1)
        };
        Arc::new(Self {
            taken: AtomicU32::new(0),
            limits: Limits {
                background: part(settings.background_percent),
                normal: part(settings.normal_percent),
                high: whole.max(1),
                per_caller,
            },
            callers: (0..CALLERS).map(|_| AtomicU32::new(0)).collect(),
            hasher: RandomState::new(),
        })
    }

    fn enter(self: &Arc<Self>, caller: impl Hash, priority: Priority) -> Result<Place, NoRoom> {
        let index = usize::try_from(self.hasher.hash_one(caller)).unwrap_or_default() % CALLERS;
        let limit = self.limits.per_caller;
        if !self
            .callers
            .get(index)
            .is_some_and(|count| take(count, limit))
        {
            return Err(NoRoom::ForCaller { limit });
        }
        let own = Own {
            space: Arc::clone(self),
            caller: index,
        };
        if !take(&self.taken, self.limits.of(priority)) {
            return Err(NoRoom::ForPriority { priority });
        }
        let shared = Shared(Arc::clone(self));
        Ok(Place { shared, own })
    }
}

impl Limits {
    fn of(&self, priority: Priority) -> u32 {
        match priority {
            Priority::Background => self.background,
            Priority::Normal => self.normal,
            Priority::High => self.high,
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(count) = self.space.callers.get(self.caller) {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Takes one more, unless that is too many.
fn take(count: &AtomicU32, limit: u32) -> bool {
    let more = |taken: u32| (taken < limit).then_some(taken + 1);
    count
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Room {
        let settings = Concurrency {
            calls_per_caller: 4,
            streams_per_caller: 1,
            max_streams: 2,
            max_anonymous_streams: 3,
            anonymous_streams_per_address: 2,
            anonymous_stream_age_ms: 1,
            background_percent: 50,
            normal_percent: 80,
        };
        Room::new(10, &settings)
    }

    fn fill(room: &Room, priority: Priority) -> Vec<Place> {
        let callers = (0..100).map(|number| number.to_string());
        callers
            .filter_map(|caller| room.enter(&caller, priority, false).ok())
            .collect()
    }

    #[test]
    fn what_can_wait_goes_first_and_there_is_always_room_left_for_what_cannot() {
        let room = room();
        let mut places = fill(&room, Priority::Background);
        assert_eq!(places.len(), 5);
        places.extend(fill(&room, Priority::Normal));
        assert_eq!(places.len(), 8);
        let refused = room.enter("x", Priority::Background, false).unwrap_err();
        assert!(matches!(refused, NoRoom::ForPriority { .. }));
        assert_eq!(refused.retry_after(), Duration::from_secs(5));
        places.extend(fill(&room, Priority::High));
        assert_eq!(places.len(), 10);
        drop(places);
        assert_eq!(fill(&room, Priority::High).len(), 10, "all was given back");
    }

    #[test]
    fn one_caller_fills_its_own_bound_and_not_that_of_others() {
        let room = room();
        let enter = || room.enter("flood", Priority::High, false);
        let mut places: Vec<_> = (0..4).map(|_| enter().unwrap()).collect();
        assert_eq!(enter().unwrap_err(), NoRoom::ForCaller { limit: 4 });
        assert!(room.enter("other", Priority::Normal, false).is_ok());
        assert!(
            room.enter("flood", Priority::Normal, true).is_ok(),
            "streams are apart"
        );
        places.pop();
        assert!(enter().is_ok());
    }

    #[test]
    fn whoever_says_nothing_has_a_bound_by_address_and_all_together_have_one() {
        let room = room();
        let from = |address: &str| room.enter_from(Some(address.parse().unwrap()));
        // Of one network of IPv6 each could take any number of addresses.
        let mut places = vec![from("2001:db8::1").unwrap(), from("2001:db8::2").unwrap()];
        let refused = from("2001:db8::3").unwrap_err();
        assert_eq!(refused, NoRoom::ForCaller { limit: 2 });
        places.push(from("192.0.2.1").unwrap());
        assert!(matches!(
            from("192.0.2.2").unwrap_err(),
            NoRoom::ForPriority { .. }
        ));
        assert!(room.enter("anna", Priority::Normal, true).is_ok(), "apart");
        places.clear();
        assert!(from("::ffff:192.0.2.1").is_ok());
    }

    #[test]
    fn a_refused_call_takes_nothing() {
        let room = room();
        let places = fill(&room, Priority::High);
        for _ in 0..100 {
            assert!(room.enter("x", Priority::High, false).is_err());
        }
        drop(places);
        let again: Vec<_> = (0..4)
            .filter_map(|_| room.enter("x", Priority::High, false).ok())
            .collect();
        assert_eq!(again.len(), 4);
    }
}
