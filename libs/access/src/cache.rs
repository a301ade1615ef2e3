use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::Caller;

/// Callers whose tokens have been verified, so that the signature (150 µs and more) is checked
/// once per token instead of once per call.
///
/// Two generations bound it: when the young one is full it becomes the old one, and what was old
/// is forgotten. A token in use is found in the old one and moves back to the young one.
#[derive(Debug, Default)]
pub(crate) struct CallerCache {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Entry>,
    old: HashMap<String, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    caller: Arc<Caller>,
    valid_until: Timestamp,
}

/// Tokens in one generation; the cache holds at most twice as many.
const GENERATION_SIZE: usize = 4096;

impl CallerCache {
    /// The caller of this very token, if it was verified before and has not expired since.
    pub(crate) fn get(&self, token: &str, now: Timestamp) -> Option<Arc<Caller>> {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = generations.young.get(token) {
            return entry.at(now);
        }
        let (token, entry) = generations.old.remove_entry(token)?;
        let caller = entry.at(now);
        generations.insert(token, entry);
        caller
    }

    /// Remembers a verified token until it expires.
    pub(crate) fn put(&self, token: String, caller: Arc<Caller>, valid_until: Timestamp) {
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.insert(
            token,
            Entry {
                caller,
                valid_until,
            },
        );
    }
}

impl Entry {
    fn at(&self, now: Timestamp) -> Option<Arc<Caller>> {
        (now < self.valid_until).then(|| Arc::clone(&self.caller))
    }
}

impl Generations {
    fn insert(&mut self, token: String, entry: Entry) {
        if self.young.len() >= GENERATION_SIZE {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(token, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_holds_more_than_two_generations() {
        let cache = CallerCache::default();
        let caller = Arc::new(Caller::service("profile"));
        for number in 0..3 * GENERATION_SIZE {
            cache.put(number.to_string(), Arc::clone(&caller), Timestamp::MAX);
        }
        let generations = cache.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION_SIZE);
    }

    #[test]
    fn a_token_in_use_outlives_its_generation() {
        let cache = CallerCache::default();
        let caller = Arc::new(Caller::service("profile"));
        cache.put("in use".to_owned(), Arc::clone(&caller), Timestamp::MAX);
        for number in 0..3 * GENERATION_SIZE {
            cache.put(number.to_string(), Arc::clone(&caller), Timestamp::MAX);
            assert!(cache.get("in use", Timestamp::UNIX_EPOCH).is_some());
        }
    }
}
