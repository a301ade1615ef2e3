//! What a person allows: read from what was said under each id.

use super::{Allowed, Consent, Naive, Person, has};
use crate::domain::identity::history_tests::step::HOMES;

impl Naive {
    /// What a person allows: the least of what each id does.
    pub(in super::super) fn allowed(&self, person: Person, topic: usize, now: i64) -> Allowed {
        let homes = (0..HOMES).filter(|home| has(person, *home));
        homes
            .map(|home| self.side(person, home, topic, now))
            .min()
            .unwrap()
    }

    fn side(&self, person: Person, home: usize, topic: usize, now: i64) -> Allowed {
        let said = self.consents.iter().enumerate();
        let theirs = said.filter(|(_, it)| it.topic == topic && has(person, it.home));
        let order = |(nth, it): &(usize, &Consent)| (it.decided, it.kind == 3, *nth);
        let mine = theirs
            .clone()
            .filter(|(_, it)| it.home == home || has(it.covers, home));
        let decided = mine
            .clone()
            .filter(|(_, it)| it.kind != 1)
            .max_by_key(order);
        let decided = decided.map(|own| {
            let same_hand = |(_, it): &(usize, &Consent)| {
                own.1.proof.is_some() && it.proof == own.1.proof && it.kind != 1
            };
            theirs
                .clone()
                .filter(same_hand)
                .max_by_key(order)
                .unwrap_or(own)
        });
        let (rank, end) = match decided {
            None => (2, 0),
            Some((_, it)) if it.kind == 3 => (0, 0),
            Some((_, it)) => match it.lasts.map(|lasts| it.decided + lasts) {
                Some(end) if end <= now => (1, 0),
                end => (4, end.unwrap_or(i64::MAX)),
            },
        };
        let asked = mine.filter(|(_, it)| it.kind == 1).max_by_key(order);
        let asked = asked.filter(|asked| decided.is_none_or(|it| order(asked) > order(&it)));
        let confirm_by = asked.map(|(_, it)| it.decided + it.lasts.unwrap_or(900));
        match confirm_by {
            Some(until) if rank != 4 && now < until => (3, until),
            _ => (rank, end),
        }
    }
}
