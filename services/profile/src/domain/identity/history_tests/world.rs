//! All as the service keeps it, and what the domain makes of it.

mod facts;
mod orders;
mod said;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use calendar::Zone;
use uuid::Uuid;

use super::step::{CHANNELS, HOMES, KEYS, Step, at, home};
use crate::domain::attribute::definition::{Attribute, Definition, Key, Kind, Sensitivity};
use crate::domain::attribute::standing;
use crate::domain::contact::consent::Statement;
use crate::domain::contact::topic::{Channel, Purpose, Topic};
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identity::link::{Link, LinkId, LinkKind, ordered};
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::identity::tell::Told;
use crate::domain::identity::trust::Trust;
use crate::domain::ids::CustomerId;
use crate::domain::money::Currency;
use crate::domain::order::RecordedOrder;
use crate::domain::tag;
use crate::domain::traits::Traits;

/// See the module. What is kept by home stays where it came in, whoever is joined to whom.
#[derive(Default)]
pub(super) struct World {
    pub(super) profiles: Vec<Profile>,
    /// How many links were made.
    pub(super) links: usize,
    consents: Vec<Statement>,
    tags: Vec<tag::Change>,
    attributes: Vec<standing::Change>,
    orders: Vec<RecordedOrder>,
    traits: [Traits; HOMES],
    /// How many ids were given.
    ids: u128,
    pub(super) now: i64,
}

pub(super) static ATTRIBUTES: LazyLock<BTreeMap<Key, Attribute>> = LazyLock::new(|| {
    let keys = KEYS.iter().map(|key| Key((*key).to_owned()));
    let attribute = |key: Key| Attribute {
        key,
        version: 1,
        definition: Definition {
            kind: Kind::Text,
            sensitivity: Sensitivity::None,
            display_name: String::new(),
            description: String::new(),
        },
        archived: false,
        create_time: at(0),
        update_time: at(0),
    };
    keys.map(|key| (key.clone(), attribute(key))).collect()
});
pub(super) static TRUST: LazyLock<Trust> = LazyLock::new(Trust::default);
static ZONE: LazyLock<Zone> = LazyLock::new(|| Zone::parse("Europe/London").unwrap());
pub(super) static POUND: LazyLock<Currency> = LazyLock::new(|| Currency::parse("GBP").unwrap());

pub(super) fn topic(nth: usize) -> Topic {
    Topic {
        purpose: Purpose("news".to_owned()),
        channel: Channel(["email", "sms"][nth].to_owned()),
    }
}

pub(super) fn source(of: usize, channel: usize) -> Source {
    let id = SourceId(Uuid::from_u128((100 + of * 10 + channel) as u128));
    Source::new(id, home(of), (CHANNELS[channel], "1".to_owned()), at(0))
}

impl World {
    /// So many people of whom nothing is known.
    pub(super) fn of(people: usize) -> Self {
        let alone = |nth| Profile::alone(home(nth), Vec::new());
        Self {
            profiles: (0..people).map(alone).collect(),
            ..Self::default()
        }
    }

    fn take(&mut self, home: CustomerId) -> Profile {
        let at = self.profiles.iter().position(|it| it.has(home)).unwrap();
        self.profiles.swap_remove(at)
    }

    pub(super) fn person(&self, of: usize) -> &Profile {
        let is_it = |it: &&Profile| it.has(home(of));
        self.profiles.iter().find(is_it).unwrap()
    }

    fn next_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    /// Answers whether it was accepted.
    pub(super) fn step(&mut self, step: &Step) -> bool {
        match step {
            Step::Ingest(of, channel, fields, details, minute) => {
                let named = source(*of, *channel);
                self.tell(*of, |it| {
                    it.ingest(named, told(fields, details, *minute), &TRUST)
                        .is_ok()
                })
            }
            Step::Amend(of, fields, details, minute) => {
                let crm = source(*of, 0);
                self.tell(*of, |it| {
                    it.amend(crm, told(fields, details, *minute), &TRUST)
                        .is_ok()
                })
            }
            Step::Consent { .. } => self.consent(step),
            Step::Tag(of, tag, lasts) => {
                let until = lasts.map(|lasts| at(self.now + lasts));
                self.tag(*of, home(*of), *tag, tag::Kind::Added { until });
                true
            }
            Step::Untag(of, tag) => self.untag(*of, *tag),
            Step::Set(of, key, value) => self.attribute(*of, *key, Some(*value)),
            Step::Clear(of, key) => self.attribute(*of, *key, None),
            Step::Buy(of, amount, late) => self.buy(*of, *amount, self.now - late),
            Step::PayBack(of, nth, permille) => self.pay_back(*of, *nth, *permille),
            Step::Merge(one, other) => self.merge(home(*one), home(*other)),
            Step::Unmerge(nth) => self.unmerge(*nth),
        }
    }

    fn tell(&mut self, of: usize, tell: impl FnOnce(&mut Profile) -> bool) -> bool {
        let mut profile = self.take(home(of));
        let is_done = tell(&mut profile);
        self.profiles.push(profile);
        is_done
    }

    fn merge(&mut self, one: CustomerId, other: CustomerId) -> bool {
        if one == other {
            return false;
        }
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
        let is_one = first.check_merge(&second, &TRUST).is_ok();
        let people = if is_one {
            vec![first.merge(second, link, &TRUST).unwrap()]
        } else {
            vec![first, second]
        };
        self.profiles.extend(people);
        is_one
    }

    /// The links that hold, by age: each with its ends.
    pub(super) fn holding(&self) -> Vec<(LinkId, (CustomerId, CustomerId))> {
        let links = self.profiles.iter().flat_map(|it| &it.links);
        let mut links: Vec<_> = links.map(|it| (it.id, it.ends)).collect();
        links.sort_unstable();
        links
    }

    fn unmerge(&mut self, nth: usize) -> bool {
        let Some((id, (end, _))) = self.holding().get(nth).copied() else {
            return false;
        };
        let (stays, parts) = self.take(end).unmerge(id).unwrap();
        self.profiles.push(stays);
        self.profiles.extend(parts);
        true
    }
}

pub(super) fn told<'a>(fields: &'a [Field], details: &'a Details, minute: i64) -> Told<'a> {
    Told {
        fields,
        details,
        observed_at: at(minute),
    }
}

fn link(nth: usize, one: CustomerId, other: CustomerId) -> Link {
    let kinds = [
        LinkKind::ByHand,
        LinkKind::VerifiedIdentifier,
        LinkKind::Rule,
    ];
    Link {
        id: LinkId(Uuid::from_u128(nth as u128)),
        ends: ordered(one, other),
        kind: kinds[nth % 3],
        score_permille: 1000,
        reason: String::new(),
        actor: "test".to_owned(),
        made_at: at(0),
        import: None,
        undone: None,
    }
}
