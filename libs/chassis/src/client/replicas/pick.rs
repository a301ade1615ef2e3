use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use super::replica::Replica;

/// One that may get a call now: of two at random the one with less to do.
pub(super) fn one_of(replicas: &[Arc<Replica>], now: Instant) -> Option<&Arc<Replica>> {
    let usable: Vec<&Arc<Replica>> = replicas
        .iter()
        .filter(|replica| replica.is_usable(now))
        .collect();
    if usable.is_empty() {
        return less_busy(&replicas.iter().collect::<Vec<_>>());
    }
    less_busy(&usable)
}

fn less_busy<'r>(replicas: &[&'r Arc<Replica>]) -> Option<&'r Arc<Replica>> {
    if let [only] = replicas {
        return Some(only);
    }
    let count = u64::try_from(replicas.len())
        .ok()
        .filter(|count| *count > 0)?;
    let random = random();
    // Two different ones: the second is any but the first.
    let first = random % count;
    let second = (first + 1 + (random >> 32) % (count - 1)) % count;
    let at = |place: u64| replicas.get(usize::try_from(place).ok()?).copied();
    let (first, second) = (at(first)?, at(second)?);
    Some(if second.under_way() < first.under_way() {
        second
    } else {
        first
    })
}

/// Good enough to spread calls: a counter under a keyed hash.
fn random() -> u64 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static KEYS: RandomState = RandomState::new();
    }
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    KEYS.with(|keys| keys.hash_one(number))
}
