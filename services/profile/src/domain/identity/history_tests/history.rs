//! One history, and what is compared on the way.

use std::collections::BTreeSet;

use super::compare::Compared;
use super::dice::Dice;
use super::naive::{Naive, Person, has};
use super::seen::Seen;
use super::step::{ASPECTS, Aspect, HOMES, Step, home, number};
use super::world::World;

const LEAST_STEPS: usize = 10;
const MORE_STEPS: usize = 7;
/// One history in so many is compared as a whole after each step.
const CLOSELY: usize = 50;

/// Tells which history failed.
struct Numbered(u64);

impl Drop for Numbered {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("history {}: set AGAIN to it to play it again", self.0);
        }
    }
}

/// What is kept, all that happened, and the same as if nobody was ever joined to anybody.
pub(super) struct History {
    number: usize,
    dice: Dice,
    /// How many ids there are.
    homes: usize,
    /// Those who have ever been joined to anybody.
    joined: Person,
    world: World,
    naive: Naive,
    never: Naive,
    seen: Seen,
}

impl History {
    /// Plays a history; answers what came to pass in it.
    pub(super) fn play(number: u64) -> Seen {
        let _numbered = Numbered(number);
        let mut dice = Dice::of(number);
        let homes = 2 + dice.below(HOMES - 1);
        let mut history = Self {
            number: usize::try_from(number).unwrap(),
            dice,
            homes,
            joined: 0,
            world: World::of(homes),
            naive: Naive::default(),
            never: Naive::default(),
            seen: Seen::default(),
        };
        for _ in 0..LEAST_STEPS + history.dice.below(MORE_STEPS) {
            history.world.now += i64::try_from(history.dice.below(600)).unwrap();
            let step = history.dice.step(homes);
            history.step(&step);
        }
        history.check_joined();
        while let links @ 1.. = history.world.holding().len() {
            let nth = history.dice.below(links);
            history.step(&Step::Unmerge(nth));
        }
        history.check_never_joined();
        history.seen
    }

    /// Everybody who is one person with an id, by the links alone.
    fn person(&self, of: usize) -> Person {
        let mut person: Person = 1 << of;
        let links = || self.world.profiles.iter().flat_map(|it| &it.links);
        for _ in 0..links().count().min(HOMES) {
            for (one, other) in links().map(|it| it.ends) {
                let (one, other) = (number(one), number(other));
                if has(person, one) || has(person, other) {
                    person |= 1 << one | 1 << other;
                }
            }
        }
        person
    }

    fn step(&mut self, step: &Step) {
        match step.aspect() {
            Some(aspect) => self.say(step, aspect),
            None => self.relink(step),
        }
        if self.is_close() {
            for profile in &self.world.profiles {
                self.compared(number(profile.id)).everything(self.number);
            }
        }
    }

    /// Whether everything is compared after each step, and of everybody.
    fn is_close(&self) -> bool {
        self.number.is_multiple_of(CLOSELY)
    }

    fn say(&mut self, step: &Step, aspect: Aspect) {
        let of = step.home();
        let (person, alone) = (self.person(of), 1 << of);
        let now = self.world.now;
        if let Step::Untag(_, name) = step {
            let stands = self.naive.tags(person, now).contains_key(name);
            assert_eq!(self.world.step(step), stands, "what can be taken off");
            self.seen
                .note_if(!stands, "a tag to take off was not there");
            if !stands {
                return;
            }
        } else if !self.world.step(step) {
            let refused = match step {
                Step::PayBack(..) => "paying back was refused",
                _ => "telling was refused",
            };
            self.seen.note(refused);
            return;
        }
        self.note(step, person);
        self.naive.step(step, person, now);
        self.never.step(step, alone, now);
        if person != alone {
            self.compared(of).aspect(aspect);
        }
    }

    fn note(&mut self, step: &Step, person: Person) {
        let of = step.home();
        let is_joined = person.count_ones() > 1;
        let others = person & !(1 << of);
        let now = self.world.now;
        let what = match step {
            Step::Ingest(..) | Step::Amend(..) if is_joined => "told while joined",
            Step::Ingest(..) | Step::Amend(..) => "told alone",
            Step::Consent { .. } if is_joined => "consent while joined",
            Step::Consent { .. } => "consent alone",
            Step::Tag(..) if is_joined => "tagged while joined",
            Step::Untag(_, name) if self.naive.tags(others, now).contains_key(name) => {
                "a tag was taken off for another id, too"
            }
            Step::Set(..) if is_joined => "an attribute was set while joined",
            Step::Clear(_, name) if self.naive.attributes(others).contains_key(name) => {
                "an attribute was cleared for another id, too"
            }
            Step::Buy(..) if is_joined => "bought while joined",
            Step::PayBack(_, nth, _) => {
                let bought = self.naive.bought.iter().rev().nth(*nth).unwrap();
                let is_elsewhere = bought.home != of;
                self.seen.note_if(is_elsewhere, "paid back at another id");
                return;
            }
            _ => return,
        };
        self.seen.note(what);
    }

    fn relink(&mut self, step: &Step) {
        let people = self.world.profiles.len();
        let links = self.world.holding();
        let ends = match step {
            Step::Unmerge(nth) => links.get(*nth).map(|(_, ends)| *ends),
            Step::Merge(one, other) if one != other => Some((home(*one), home(*other))),
            _ => None,
        };
        let Some(ends) = ends.map(|(one, other)| [number(one), number(other)]) else {
            return;
        };
        let were_joined = ends.iter().any(|it| self.person(*it).count_ones() > 1);
        let is_done = self.world.step(step);
        let is_same = self.world.profiles.len() == people;
        self.seen.note(match step {
            Step::Merge(..) if !is_done => "joining was refused",
            Step::Merge(..) if is_same => "joined once more",
            Step::Merge(..) if were_joined => "joined where one was joined already",
            Step::Merge(..) => "joined",
            _ if is_same => "a link was taken back and others hold",
            _ => "parted",
        });
        if let Step::Unmerge(nth) = step {
            let is_inner = nth + 1 < links.len();
            self.seen
                .note_if(is_inner, "a link was taken back that was not the last");
        }
        let withdrawn = ends
            .iter()
            .any(|it| self.naive.has_withdrawn(self.person(*it)));
        self.seen
            .note_if(withdrawn, "an identifier of another id is withdrawn");
        if is_done {
            self.joined |= ends.iter().fold(0, |all, end| all | self.person(*end));
        }
        self.check_who_is_who();
        // One part in turn; what the parts come to together is compared before the links are taken back, and after.
        let aspect = ASPECTS[(self.number + links.len()) % ASPECTS.len()];
        let people = BTreeSet::from(ends.map(|end| self.person(end).trailing_zeros()));
        for oldest in people {
            self.compared(oldest as usize).aspect(aspect);
        }
    }

    fn compared(&self, of: usize) -> Compared<'_> {
        Compared {
            world: &self.world,
            naive: &self.naive,
            profile: self.world.person(of),
            person: self.person(of),
        }
    }

    fn check_who_is_who(&self) {
        let mut people = 0;
        for profile in &self.world.profiles {
            let person = self.person(number(profile.id));
            let homes = profile.homes();
            assert_eq!(homes.len(), person.count_ones() as usize);
            assert!(homes.iter().all(|it| has(person, number(*it))));
            assert_eq!(homes.first(), Some(&profile.id), "the oldest id survives");
            people += homes.len();
        }
        assert_eq!(people, self.homes, "everybody is exactly one person");
    }

    fn check_joined(&mut self) {
        let profiles = self.world.profiles.iter();
        let joined = profiles.filter(|it| !it.absorbed.is_empty());
        let joined: Vec<_> = joined.map(|it| number(it.id)).collect();
        for of in joined {
            let is_member = self.compared(of).everything(self.number);
            self.seen.note(if is_member {
                "a member while joined"
            } else {
                "no member while joined"
            });
        }
    }

    fn check_never_joined(&mut self) {
        let is_close = self.is_close();
        let joined = self.joined;
        for of in (0..self.homes).filter(|of| is_close || has(joined, *of)) {
            let profile = self.world.person(of);
            assert!(profile.links.is_empty() && profile.absorbed.is_empty());
            let compared = Compared {
                world: &self.world,
                naive: &self.never,
                profile,
                person: 1 << of,
            };
            let is_member = compared.everything(self.number);
            self.seen.note(if is_member {
                "a member once parted"
            } else {
                "no member once parted"
            });
        }
        let all = self.never.tags(Person::MAX, i64::MIN).len();
        let standing = self.never.tags(Person::MAX, self.world.now).len();
        self.seen.note_if(all > standing, "a tag has ended");
    }
}
