//! What is said for somebody: consents, tags and attributes, kept as the store keeps them.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{ATTRIBUTES, World, topic};
use crate::domain::attribute::asked::{Asked, Sent};
use crate::domain::attribute::definition::{Key, Sensitivity};
use crate::domain::attribute::standing;
use crate::domain::contact::consent::{self, Said, Statement};
use crate::domain::contact::topic::StatementId;
use crate::domain::identity::history_tests::step::{KEYS, Step, TAGS, VALUES, at, home};
use crate::domain::identity::profile::Profile;
use crate::domain::ids::CustomerId;
use crate::domain::tag;

impl World {
    pub(super) fn consent(&mut self, step: &Step) -> bool {
        let Step::Consent {
            home: of,
            topic: about,
            kind,
            decided,
            lasts,
            proof,
        } = step
        else {
            return false;
        };
        let kind = match kind {
            0 => consent::Kind::Granted,
            1 => consent::Kind::Requested {
                confirm_by: at(decided + lasts.unwrap_or(900)),
            },
            2 => consent::Kind::Confirmed {
                request: StatementId(Uuid::nil()),
            },
            _ => consent::Kind::Withdrawn,
        };
        let statement = Statement {
            id: StatementId(self.next_id()),
            home: home(*of),
            covers: self.person(*of).homes().into_iter().collect(),
            topic: topic(*about),
            kind,
            decided: at(*decided),
            until: lasts
                .filter(|_| kind != consent::Kind::Withdrawn)
                .map(|lasts| at(decided + lasts)),
            proved_by: proof.map(|by| [u8::try_from(by).unwrap(); 32]),
            notice: String::new(),
            source: String::new(),
        };
        self.consents.push(statement);
        true
    }

    pub(super) fn tag(&mut self, by: usize, from: CustomerId, tag: usize, kind: tag::Kind) {
        let change = tag::Change {
            id: self.next_id(),
            home: from,
            by: home(by),
            tag: TAGS[tag].to_owned(),
            kind,
            reason: String::new(),
            source: String::new(),
            actor: String::new(),
            at: at(self.now),
        };
        self.tags.push(change);
    }

    /// What was said for the ids of a person, and of them, as the store reads it.
    fn tags_said(&self, person: &Profile) -> Vec<tag::Change> {
        let is_theirs = |it: &&tag::Change| person.has(it.by) && person.has(it.home);
        let said = self
            .tags
            .iter()
            .filter(is_theirs)
            .map(|it| ((it.by, it.home, &it.tag), it));
        let newest: BTreeMap<_, _> = said.collect();
        newest.into_values().cloned().collect()
    }

    pub(super) fn untag(&mut self, of: usize, tag: usize) -> bool {
        let said = self.tags_said(self.person(of));
        let homes = tag::homes_of(&said, (home(of), TAGS[tag]), at(self.now));
        let Ok(homes) = homes else { return false };
        for from in homes {
            self.tag(of, from, tag, tag::Kind::Removed);
        }
        true
    }

    pub(super) fn attribute(&mut self, of: usize, key: usize, value: Option<usize>) -> bool {
        let key = Key(KEYS[key].to_owned());
        let sent = |value: usize| Sent {
            key: key.clone(),
            values: vec![(Sensitivity::None, VALUES[value].to_owned())],
        };
        let asked = Asked {
            customer: home(of),
            set: value.map(sent).into_iter().collect(),
            clear: value.is_none().then(|| key.clone()).into_iter().collect(),
            source: String::new(),
            actor: String::new(),
        };
        let steps = asked
            .steps(&ATTRIBUTES, &self.attributes_said(self.person(of)))
            .unwrap();
        for (under, key, value) in steps {
            let id = self.next_id();
            let change = standing::Change {
                id,
                home: under,
                by: home(of),
                key,
                value,
                source: String::new(),
                actor: String::new(),
                at: at(self.now),
            };
            self.keep(change);
        }
        true
    }

    /// As `store/attributes.rs` does: of an id's own word what it comes to, of what it said for others all.
    fn keep(&mut self, change: standing::Change) {
        if change.home == change.by {
            let is_before = |it: &standing::Change| {
                it.by == change.by && it.home == change.home && it.key == change.key
            };
            self.attributes.retain(|it| !is_before(it));
        }
        if change.home != change.by || change.value.is_some() {
            self.attributes.push(change);
        }
    }

    fn attributes_said(&self, person: &Profile) -> Vec<standing::Change> {
        let is_theirs = |it: &&standing::Change| person.has(it.by) && person.has(it.home);
        self.attributes.iter().filter(is_theirs).cloned().collect()
    }

    /// What these ids allow.
    pub(in super::super) fn said(&self, homes: &BTreeSet<CustomerId>) -> Said {
        let theirs = self.consents.iter().filter(|it| homes.contains(&it.home));
        Said {
            ids: homes.iter().copied().collect(),
            statements: theirs.cloned().collect(),
        }
    }
}
