//! What is known of a person: read from what each source said.

use std::cmp::Reverse;
use std::rc::Rc;

use super::{Fact, Naive, Person, Withdrawn, has};
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::history_tests::step::{CHANNELS, FIELDS, HOMES};

impl Naive {
    pub(super) fn say(
        &mut self,
        (home, channel): (usize, usize),
        fields: &[Field],
        details: &Details,
        minute: i64,
    ) {
        let details = Rc::new(details.clone());
        let fact = |field: &Field| Fact {
            home,
            channel,
            field: *field,
            details: Rc::clone(&details),
            minute,
        };
        self.facts.extend(fields.iter().map(fact));
    }

    pub(super) fn amend(
        &mut self,
        of: usize,
        person: Person,
        (fields, details): (&[Field], &Details),
        minute: i64,
    ) {
        let own = self
            .facts
            .iter()
            .filter(|it| it.home == of && it.channel == 0);
        let minute = own.map(|fact| fact.minute).fold(minute, i64::max);
        if fields.contains(&Field::Identifiers) {
            let listed = |key: &IdentifierKey| details.identifiers.iter().any(|it| it.key == *key);
            self.withdrawn.retain(|it| it.by != of || !listed(&it.key));
            let said = self.latest(person, Field::Identifiers);
            let others = said
                .into_iter()
                .filter(|it| (it.home, it.channel) != (of, 0));
            let gone = others.flat_map(|fact| {
                let identifiers = fact.details.identifiers.iter();
                let gone = identifiers.filter(|it| !listed(&it.key));
                gone.map(|it| (it.key.clone(), (fact.home, fact.channel)))
            });
            let gone: Vec<_> = gone.collect();
            for (key, source) in gone {
                self.withdrawn
                    .retain(|it| (it.by, it.of, &it.key) != (of, source, &key));
                self.withdrawn.push(Withdrawn {
                    by: of,
                    of: source,
                    key,
                    minute,
                });
            }
        }
        self.say((of, 0), fields, details, minute);
    }

    /// What each source says last of a field.
    fn latest(&self, person: Person, field: Field) -> Vec<&Fact> {
        let mut latest: [Option<&Fact>; HOMES * CHANNELS.len()] = [None; HOMES * CHANNELS.len()];
        let about = |it: &&Fact| it.field == field && has(person, it.home);
        for fact in self.facts.iter().filter(about) {
            let place = &mut latest[fact.home * CHANNELS.len() + fact.channel];
            // Of what was seen at the same time, the last is a correction.
            if place.is_none_or(|it| it.minute <= fact.minute) {
                *place = Some(fact);
            }
        }
        latest.into_iter().flatten().collect()
    }

    /// What is known of a person.
    pub(in super::super) fn details(&self, person: Person) -> Details {
        let said = FIELDS.map(|field| self.latest(person, field));
        let filled = |fact: &Fact| {
            let of_source = |it: &&&Fact| (it.home, it.channel) == (fact.home, fact.channel);
            let all = said.iter().flatten().filter(of_source);
            all.filter(|it| it.details.has(it.field)).count()
        };
        let ranked = |nth: usize| {
            let mut facts = said[nth].clone();
            facts.sort_by_cached_key(|fact| {
                let whole = fact.details.birth_date.is_some_and(|it| it.year.is_some());
                let whole = fact.field == Field::BirthDate && whole;
                let rank = (
                    fact.channel != 0,
                    -fact.minute,
                    !whole,
                    Reverse(filled(fact)),
                );
                (rank, fact.home, fact.channel)
            });
            facts
        };
        let mut golden = Details::default();
        for (nth, field) in FIELDS.into_iter().enumerate().skip(1) {
            if let Some(best) = ranked(nth).first() {
                golden.take(field, &best.details);
            }
        }
        for fact in ranked(0) {
            self.identify(&mut golden, fact, person);
        }
        golden
    }

    fn identify(&self, golden: &mut Details, fact: &Fact, person: Person) {
        for identifier in &fact.details.identifiers {
            let is_withdrawn = self.withdrawn.iter().any(|it| {
                let is_said_again = fact.channel == 0 && fact.minute > it.minute;
                let is_about = it.of == (fact.home, fact.channel) && it.key == identifier.key;
                has(person, it.by) && is_about && !is_said_again
            });
            if is_withdrawn {
                continue;
            }
            let kind = identifier.key.kind.as_str();
            let is_single = ["member_card", "national_id"].contains(&kind);
            let has_one = golden.identifiers.iter().any(|it| it.key.kind == kind);
            let known = golden.identifiers.iter_mut();
            match known.into_iter().find(|it| it.key == identifier.key) {
                Some(known) => known.verified |= identifier.verified,
                None if is_single && has_one => {}
                None => golden.identifiers.push(identifier.clone()),
            }
        }
    }

    /// Whether an identifier that one of a person's ids names is withdrawn at another.
    pub(in super::super) fn has_withdrawn(&self, person: Person) -> bool {
        let is_other =
            |it: &Withdrawn| it.by != it.of.0 && has(person, it.by) && has(person, it.of.0);
        self.withdrawn.iter().any(is_other)
    }
}
