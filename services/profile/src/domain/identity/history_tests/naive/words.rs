//! Tags and attributes: read from what was said last under each id.

use std::collections::{BTreeMap, BTreeSet};

use super::{Mark, Naive, Person, has};
use crate::domain::identity::history_tests::step::{HOMES, Step};

impl Naive {
    pub(super) fn mark(&mut self, step: &Step, person: Person, now: i64) {
        match step {
            Step::Tag(by, name, lasts) => {
                let end = lasts.map_or(i64::MAX, |lasts| now + lasts);
                self.tags.push(Mark {
                    by: *by,
                    covers: 0,
                    name: *name,
                    value: Some(end),
                });
            }
            Step::Untag(by, name) => {
                self.tags.push(Mark {
                    by: *by,
                    covers: person,
                    name: *name,
                    value: None,
                });
            }
            // What stands there already is not said anew.
            Step::Set(by, name, value) if self.standing(person, *name) != Some((*by, *value)) => {
                self.values.push(Mark {
                    by: *by,
                    covers: 0,
                    name: *name,
                    value: Some(*value),
                });
            }
            Step::Clear(by, name) => {
                self.values.push(Mark {
                    by: *by,
                    covers: person,
                    name: *name,
                    value: None,
                });
            }
            _ => {}
        }
    }

    /// The tags that a person has, each with its end.
    pub(in super::super) fn tags(&self, person: Person, now: i64) -> BTreeMap<usize, i64> {
        let mut tags = BTreeMap::new();
        for (name, _, _, end) in last_words(&self.tags, person) {
            if let Some(end) = end.filter(|end| *end > now) {
                let known = tags.entry(name).or_insert(end);
                *known = end.max(*known);
            }
        }
        tags
    }

    /// Where the value of an attribute stands, and which.
    fn standing(&self, person: Person, name: usize) -> Option<(usize, usize)> {
        let words = last_words(&self.values, person).into_iter();
        let of_name = words.filter(|(of, _, _, value)| *of == name && value.is_some());
        let newest = of_name.max_by_key(|(_, _, when, _)| *when);
        newest.and_then(|(_, home, _, value)| Some((home, value?)))
    }

    pub(in super::super) fn attributes(&self, person: Person) -> BTreeMap<usize, usize> {
        let names = self.values.iter().map(|it| it.name);
        let names: BTreeSet<usize> = names.collect();
        let value = |name| Some((name, self.standing(person, name)?.1));
        names.into_iter().filter_map(value).collect()
    }
}

/// What was said last of each name under each id: by itself, or for it by another of the person.
fn last_words<T: Copy>(marks: &[Mark<T>], person: Person) -> Vec<(usize, usize, usize, Option<T>)> {
    let mut last = BTreeMap::new();
    for (when, mark) in marks.iter().enumerate() {
        for home in 0..HOMES {
            let is_of = mark.by == home || has(mark.covers, home);
            if is_of && has(person, mark.by) && has(person, home) {
                last.insert((mark.name, home), (when, mark.value));
            }
        }
    }
    let words = last.into_iter();
    words
        .map(|((name, home), (when, value))| (name, home, when, value))
        .collect()
}
