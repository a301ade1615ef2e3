//! Whatever is said, joined and parted, in whatever order: the profiles are those that a naive
//! reading of all facts gives, and once all links are taken back, those that never had one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::conflict::{check_pair, check_values};
use super::golden::Golden;
use super::link::{Link, LinkId, LinkKind, ordered};
use super::profile::Profile;
use super::source::{CRM, Source, SourceId};
use super::tell::Told;
use super::trust::Trust;
use crate::domain::birth_date::BirthDate;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::ids::CustomerId;

const HOMES: u128 = 6;
const FIELDS: [Field; 4] = [
    Field::Identifiers,
    Field::DisplayName,
    Field::Brand,
    Field::BirthDate,
];
const CHANNELS: [&str; 3] = [CRM, "app", "shop"];

#[derive(Clone, Debug)]
enum Step {
    Ingest(u128, usize, Vec<Field>, Details, i64),
    Amend(u128, Vec<Field>, Details, i64),
    Merge(u128, u128),
    Unmerge(usize),
}

fn home(nth: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(nth))
}

fn at(minute: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
}

fn source(of: u128, channel: usize) -> Source {
    let id = SourceId(Uuid::from_u128(100 + of * 10 + channel as u128));
    Source::new(id, home(of), (CHANNELS[channel], "1".to_owned()), at(0))
}

fn link(nth: usize, one: CustomerId, other: CustomerId) -> Link {
    Link {
        id: LinkId(Uuid::from_u128(nth as u128)),
        ends: ordered(one, other),
        kind: [
            LinkKind::ByHand,
            LinkKind::VerifiedIdentifier,
            LinkKind::Rule,
        ][nth % 3],
        score_permille: 1000,
        reason: String::new(),
        actor: "test".to_owned(),
        made_at: at(0),
        import: None,
        undone: None,
    }
}

pub(crate) fn details() -> impl Strategy<Value = (Vec<Field>, Details)> {
    let kinds = prop::sample::select(vec!["phone", "email", "member_card", "national_id"]);
    let identifier = (kinds, 1_u8..3, any::<bool>()).prop_map(|(kind, value, verified)| {
        let key = IdentifierKey::stated(kind.to_owned(), format!("v{value}"), None);
        Identifier { key, verified }
    });
    let identifiers = prop::collection::vec(identifier, 0..3).prop_map(|mut all| {
        let mut seen = BTreeSet::new();
        all.retain(|it| seen.insert(it.key.clone()));
        if check_values(&all).is_err() {
            all.truncate(1);
        }
        all
    });
    let text = || prop::sample::select(vec!["", "x", "y"]).prop_map(str::to_owned);
    let year = prop::option::of(1990_i16..1992);
    let birth = prop::option::of((year, 1_i8..3).prop_map(|(year, month)| BirthDate {
        year,
        month,
        day: 1,
    }));
    let fields = prop::sample::subsequence(FIELDS.to_vec(), 1..=4);
    (fields, identifiers, text(), text(), birth).prop_map(
        |(fields, identifiers, display_name, brand, birth_date)| {
            let details = Details {
                identifiers,
                display_name,
                birth_date,
                brand,
                ..Details::default()
            };
            (fields, details)
        },
    )
}

fn steps() -> impl Strategy<Value = Step> {
    let homes = || 1..=HOMES;
    prop_oneof![
        4 => (homes(), 1_usize..3, details(), 0_i64..20).prop_map(
            |(home, channel, (fields, details), minute)| {
                Step::Ingest(home, channel, fields, details, minute)
            }
        ),
        3 => (homes(), details(), 0_i64..20).prop_map(
            |(home, (fields, details), minute)| Step::Amend(home, fields, details, minute)
        ),
        4 => (homes(), homes()).prop_map(|(one, other)| Step::Merge(one, other)),
        3 => (0_usize..8).prop_map(Step::Unmerge),
    ]
}

/// The profiles as they are kept, and how many links were made.
struct World {
    profiles: Vec<Profile>,
    links: usize,
}

impl World {
    fn new() -> Self {
        let profiles = (1..=HOMES).map(|nth| Profile::alone(home(nth), Vec::new()));
        Self {
            profiles: profiles.collect(),
            links: 0,
        }
    }

    fn take(&mut self, home: CustomerId) -> Profile {
        let at = self.profiles.iter().position(|it| it.has(home)).unwrap();
        self.profiles.remove(at)
    }

    /// Answers whether it was accepted.
    fn step(&mut self, step: &Step) -> bool {
        match step {
            Step::Ingest(of, channel, fields, details, minute) => {
                let observed_at = at(*minute);
                let told = Told {
                    fields,
                    details,
                    observed_at,
                };
                let mut profile = self.take(home(*of));
                let done = profile.ingest(source(*of, *channel), told, &Trust::default());
                self.profiles.push(profile);
                done.is_ok()
            }
            Step::Amend(of, fields, details, minute) => {
                let observed_at = at(*minute);
                let told = Told {
                    fields,
                    details,
                    observed_at,
                };
                let mut profile = self.take(home(*of));
                let done = profile.amend(source(*of, 0), told, &Trust::default());
                self.profiles.push(profile);
                done.is_ok()
            }
            Step::Merge(one, other) => self.merge(home(*one), home(*other)),
            Step::Unmerge(nth) => {
                let links = self.profiles.iter().flat_map(|it| &it.links);
                let mut links: Vec<_> = links.map(|it| (it.id, it.ends.0)).collect();
                links.sort();
                links.get(*nth).is_some_and(|(id, end)| {
                    let (stays, parts) = self.take(*end).unmerge(*id).unwrap();
                    self.profiles.push(stays);
                    self.profiles.extend(parts);
                    true
                })
            }
        }
    }

    fn merge(&mut self, one: CustomerId, other: CustomerId) -> bool {
        let mut first = self.take(one);
        let link = link(self.links, one, other);
        self.links += 1;
        if first.has(other) {
            // A second reason for what is so already.
            first.links.push(link);
            self.profiles.push(first);
            return true;
        }
        let second = self.take(other);
        let merged = first.clone().merge(second.clone(), link, &Trust::default());
        let is_merged = merged.is_ok();
        self.profiles
            .extend(merged.map_or_else(|_| vec![first, second], |merged| vec![merged]));
        is_merged
    }
}

/// One field of one source, as it was said once.
struct Fact {
    source: Source,
    field: Field,
    details: Details,
    minute: i64,
}

/// All that was said and joined, read anew for every question.
#[derive(Default)]
struct Naive {
    facts: Vec<Fact>,
    links: BTreeMap<LinkId, (CustomerId, CustomerId)>,
    /// Who said that whose identifier is wrong.
    withdrawn: BTreeMap<(SourceId, SourceId, IdentifierKey), i64>,
}

impl Naive {
    fn person(&self, of: CustomerId) -> BTreeSet<CustomerId> {
        let mut person = BTreeSet::from([of]);
        for _ in 0..HOMES {
            for (one, other) in self.links.values() {
                if person.contains(one) || person.contains(other) {
                    person.extend([*one, *other]);
                }
            }
        }
        person
    }

    fn latest(&self, source: SourceId, field: Field) -> Option<&Fact> {
        let about = |fact: &&Fact| fact.source.id == source && fact.field == field;
        // `max_by_key` takes the last of equals, as a correction should be.
        self.facts
            .iter()
            .filter(about)
            .max_by_key(|fact| fact.minute)
    }

    fn sources(&self, person: &BTreeSet<CustomerId>) -> BTreeSet<SourceId> {
        let of = |fact: &&Fact| person.contains(&fact.source.home);
        self.facts
            .iter()
            .filter(of)
            .map(|fact| fact.source.id)
            .collect()
    }

    fn filled(&self, source: SourceId) -> usize {
        let has = |field: &Field| {
            let latest = self.latest(source, *field);
            latest.is_some_and(|fact| fact.details.has(*field))
        };
        FIELDS.iter().filter(|field| has(field)).count()
    }

    fn ranked(&self, person: &BTreeSet<CustomerId>, field: Field) -> Vec<&Fact> {
        let sources = self.sources(person);
        let mut facts: Vec<_> = sources
            .iter()
            .filter_map(|it| self.latest(*it, field))
            .collect();
        facts.sort_by_cached_key(|fact| {
            let whole = fact.details.birth_date.is_some_and(|it| it.year.is_some());
            let whole = field == Field::BirthDate && whole;
            let is_crm = fact.source.channel == CRM;
            let filled = self.filled(fact.source.id);
            (
                !is_crm,
                -fact.minute,
                !whole,
                Reverse(filled),
                fact.source.home,
                fact.source.id,
            )
        });
        facts
    }

    fn details(&self, person: &BTreeSet<CustomerId>) -> Details {
        let mut golden = Details::default();
        for field in FIELDS.into_iter().filter(|it| *it != Field::Identifiers) {
            if let Some(best) = self.ranked(person, field).first() {
                golden.take(field, &best.details);
            }
        }
        let sources = self.sources(person);
        for fact in self.ranked(person, Field::Identifiers) {
            for identifier in &fact.details.identifiers {
                let is_withdrawn = |of: (&(SourceId, SourceId, IdentifierKey), &i64)| {
                    let ((by, of, key), minute) = of;
                    let is_said_again = fact.source.channel == CRM && fact.minute > *minute;
                    let is_about = *of == fact.source.id && *key == identifier.key;
                    sources.contains(by) && is_about && !is_said_again
                };
                if self.withdrawn.iter().any(is_withdrawn) {
                    continue;
                }
                let kind = identifier.key.kind.as_str();
                let is_single = ["member_card", "national_id"].contains(&kind);
                let has_one = golden.identifiers.iter().any(|it| it.key.kind == kind);
                match golden
                    .identifiers
                    .iter_mut()
                    .find(|it| it.key == identifier.key)
                {
                    Some(known) => known.verified |= identifier.verified,
                    None if is_single && has_one => {}
                    None => golden.identifiers.push(identifier.clone()),
                }
            }
        }
        golden
    }

    /// Takes over what the world has accepted.
    fn step(&mut self, step: &Step, world: &World) {
        match step {
            Step::Ingest(of, channel, fields, details, minute) => {
                self.say(&source(*of, *channel), fields, details, *minute);
            }
            Step::Amend(of, fields, details, minute) => self.amend(*of, fields, details, *minute),
            Step::Merge(..) | Step::Unmerge(_) => {
                let links = world.profiles.iter().flat_map(|it| &it.links);
                self.links = links.map(|link| (link.id, link.ends)).collect();
            }
        }
    }

    fn amend(&mut self, of: u128, fields: &[Field], details: &Details, minute: i64) {
        let crm = source(of, 0);
        let last = self.facts.iter().filter(|fact| fact.source.id == crm.id);
        let minute = last.map(|fact| fact.minute).fold(minute, i64::max);
        if fields.contains(&Field::Identifiers) {
            let listed = |key: &IdentifierKey| details.identifiers.iter().any(|it| it.key == *key);
            self.withdrawn
                .retain(|(by, _, key), _| *by != crm.id || !listed(key));
            let sources = self.sources(&self.person(crm.home));
            for other in sources.into_iter().filter(|it| *it != crm.id) {
                let said = self.latest(other, Field::Identifiers);
                let said = said.map_or(&[][..], |fact| &fact.details.identifiers);
                let gone = said.iter().filter(|it| !listed(&it.key));
                let gone: Vec<_> = gone.map(|it| (crm.id, other, it.key.clone())).collect();
                self.withdrawn
                    .extend(gone.into_iter().map(|it| (it, minute)));
            }
        }
        self.say(&crm, fields, details, minute);
    }

    fn say(&mut self, source: &Source, fields: &[Field], details: &Details, minute: i64) {
        let fact = |field: &Field| Fact {
            source: source.clone(),
            field: *field,
            details: details.clone(),
            minute,
        };
        self.facts.extend(fields.iter().map(fact));
    }
}

fn check(world: &World, naive: &Naive) {
    let mut seen = 0;
    for profile in &world.profiles {
        let person = naive.person(profile.id);
        assert_eq!(profile.homes(), person);
        assert_eq!(Some(&profile.id), person.first(), "the oldest id survives");
        let golden = profile.golden(&Trust::default());
        assert_eq!(golden.details, naive.details(&person));
        assert_eq!(check_values(&golden.details.identifiers), Ok(()));
        seen += person.len();
    }
    assert_eq!(seen, 6, "everybody is in exactly one profile");
}

proptest! {
    // 256 histories of 200 to 600 steps: about 100,000. A failure prints its seed.
    #![proptest_config(ProptestConfig { max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn profiles_are_what_all_facts_and_links_give_and_parting_leaves_what_never_was_joined(
        history in prop::collection::vec(steps(), 200..600),
        parting in prop::collection::vec(0_usize..8, 60),
    ) {
        let (mut world, mut naive, mut never_joined) =
            (World::new(), Naive::default(), Naive::default());
        for step in &history {
            let before = world.profiles.len();
            if world.step(step) {
                naive.step(step, &world);
                if !matches!(step, Step::Merge(..) | Step::Unmerge(_)) {
                    never_joined.step(step, &world);
                }
            } else {
                prop_assert_eq!(before, world.profiles.len());
            }
        }
        check(&world, &naive);
        for nth in parting.into_iter().chain(std::iter::repeat_n(0, world.links)) {
            let step = Step::Unmerge(nth);
            let before = world.profiles.len();
            if world.step(&step) {
                naive.step(&step, &world);
            }
            if world.profiles.len() > before {
                check(&world, &naive);
            }
        }
        prop_assert!(world.profiles.iter().all(|profile| profile.links.is_empty()));
        check(&world, &never_joined);
    }

    #[test]
    fn a_golden_record_does_not_depend_on_the_order_of_its_sources(
        told in prop::collection::vec((1..=HOMES, 0_usize..3, details(), 0_i64..3), 1..8),
        turn in 0_usize..8,
    ) {
        let mut profile = Profile::alone(home(1), Vec::new());
        for (of, channel, (fields, details), minute) in &told {
            let told = Told { fields, details, observed_at: at(*minute) };
            let _ = profile.ingest(source(*of, *channel), told, &Trust::default());
        }
        let mut turned = profile.sources.clone();
        turned.reverse();
        let by = turn % turned.len().max(1);
        turned.rotate_left(by);
        prop_assert_eq!(Golden::of(&turned, &Trust::default()), profile.golden(&Trust::default()));
    }

    #[test]
    fn whether_two_are_one_person_does_not_depend_on_who_is_asked_first(
        one in details(),
        other in details(),
    ) {
        let (one, other) = (one.1.identifiers, other.1.identifiers);
        prop_assert_eq!(check_pair(&one, &other).is_ok(), check_pair(&other, &one).is_ok());
    }
}
