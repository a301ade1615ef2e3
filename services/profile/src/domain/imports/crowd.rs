//! The people whom some rows speak of, and what becomes of them.
//!
//! Rows are decided on one by one, in their order, each as [`Profile::ingest`] would have it; what follows from
//! all of them is written together ([`Crowd::changes`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::Outcome;
use super::register::{Handed, Register, Registered};
use crate::domain::customer::Customer;
use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::conflict::Conflict;
use crate::domain::identity::golden::Golden;
use crate::domain::identity::link::{Link, LinkId};
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::identity::tell::Told;
use crate::domain::identity::trust::Trust;
use crate::domain::ids::{CustomerId, ImportId};

/// What a row says, and of whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) channel: &'a str,
    pub(crate) key: &'a str,
    /// Whom the channel takes the person for, when it knows.
    pub(crate) customer: Option<CustomerId>,
    pub(crate) told: Told<'a>,
    pub(crate) import: ImportId,
    /// Who has the file taken in.
    pub(crate) actor: &'a str,
    /// Of the customer and the source, should they be new.
    pub(crate) ids: (CustomerId, SourceId),
    /// Of what joins the two, should the customer turn out to be known by another id.
    pub(crate) link: LinkId,
    pub(crate) now: Timestamp,
}

/// Why a row is not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowRefused {
    #[error(transparent)]
    Conflict(#[from] Conflict),
    #[error("there is no such customer")]
    CustomerNotFound,
    #[error("the channel's record came in under another customer")]
    SourceOfAnotherCustomer,
}

/// A customer, all that is known about who it is, and what the rows change.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) customer: Customer,
    pub(super) profile: Profile,
    pub(super) is_new: bool,
    pub(super) is_touched: bool,
    pub(super) changed: BTreeSet<Field>,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd {
    pub(super) people: BTreeMap<CustomerId, Person>,
    /// By what id each person is known.
    pub(super) leads: HashMap<CustomerId, CustomerId>,
    /// Under which home each record of the channel came in.
    pub(super) keys: HashMap<String, CustomerId>,
    pub(super) register: Register,
    pub(super) new_keys: BTreeMap<String, CustomerId>,
    pub(super) told: BTreeSet<(CustomerId, SourceId)>,
    pub(super) joined: Vec<Joined>,
    pub(super) apart: Vec<(CustomerId, CustomerId, Conflict)>,
}

/// Two who turned out to be one person.
#[derive(Clone, Debug)]
pub(crate) struct Joined {
    /// As it was when the two were joined: announced so.
    pub(crate) survivor: Customer,
    /// The one who is to be found under the other's id: as it was before.
    pub(crate) gone: Customer,
    /// True when nobody has seen the one who is gone before.
    pub(crate) is_new: bool,
    pub(crate) link: Link,
}

/// What is to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) made: Vec<Customer>,
    /// Changed customers, with the fields that differ.
    pub(crate) changed: Vec<(Customer, Vec<Field>)>,
    pub(crate) sources: Vec<Source>,
    /// How identifiers change hands.
    pub(crate) handed: Handed,
    /// Records of the channel, sorted.
    pub(crate) keys: Vec<(String, CustomerId)>,
    pub(crate) joined: Vec<Joined>,
    /// Those who can't be one person though they name the same identifier, and why.
    pub(crate) apart: Vec<(Customer, Customer, Conflict)>,
}

impl Crowd {
    /// Adds somebody who is locked.
    pub(crate) fn load(&mut self, customer: Customer, profile: Profile) {
        for home in profile.homes() {
            self.leads.insert(home, customer.id);
        }
        let person = Person {
            customer,
            profile,
            is_new: false,
            is_touched: false,
            changed: BTreeSet::new(),
        };
        self.people.insert(person.customer.id, person);
    }

    /// Adds whose identifiers and records of the channel are.
    pub(crate) fn register(
        &mut self,
        known: HashMap<IdentifierKey, Registered>,
        keys: HashMap<String, CustomerId>,
    ) {
        self.register = Register::of(known);
        self.keys = keys;
    }

    /// True when this id leads to somebody here.
    pub(crate) fn knows(&self, id: CustomerId) -> bool {
        self.leads.contains_key(&id)
    }

    /// Under which id a record of the channel is, and by which id the person is known.
    pub(crate) fn home_of(&self, key: &str) -> Option<(CustomerId, CustomerId)> {
        let home = *self.keys.get(key)?;
        Some((home, self.person_of(home)?))
    }

    /// By which id the person is known to whom an id leads.
    pub(crate) fn person_of(&self, home: CustomerId) -> Option<CustomerId> {
        self.leads.get(&home).copied()
    }

    /// All ids of everybody here.
    pub(crate) fn homes(&self) -> Vec<CustomerId> {
        self.leads.keys().copied().collect()
    }

    /// All identifiers that anybody says they have.
    pub(crate) fn identifiers(&self) -> BTreeSet<IdentifierKey> {
        let sources = self.people.values().flat_map(|it| &it.profile.sources);
        let identifiers = sources.flat_map(|it| &it.details.identifiers);
        identifiers.map(|it| it.key.clone()).collect()
    }

    /// Takes a row in, or refuses it and changes nothing.
    pub(crate) fn take_in(&mut self, row: Row<'_>, trust: &Trust) -> Result<Outcome, RowRefused> {
        let Some(known) = self.whom(&row)? else {
            return Ok(self.meet(row, trust));
        };
        let outcome = self.tell(known, row, trust)?;
        if self.keys.insert(row.key.to_owned(), known).is_none() {
            self.new_keys.insert(row.key.to_owned(), known);
        }
        Ok(outcome)
    }

    /// Whom the channel knows by its own id, else whom it names.
    fn whom(&self, row: &Row<'_>) -> Result<Option<CustomerId>, RowRefused> {
        let known = self.keys.get(row.key).copied();
        let Some(named) = row.customer else {
            return Ok(known);
        };
        let profile = self.leads.get(&named).ok_or(RowRefused::CustomerNotFound)?;
        match known {
            Some(home) if self.leads.get(&home) != Some(profile) => {
                Err(RowRefused::SourceOfAnotherCustomer)
            }
            known => Ok(Some(known.unwrap_or(named))),
        }
    }

    fn tell(
        &mut self,
        home: CustomerId,
        row: Row<'_>,
        trust: &Trust,
    ) -> Result<Outcome, RowRefused> {
        let id = self.leads.get(&home).copied();
        let id = id.ok_or(RowRefused::CustomerNotFound)?;
        let person = self.people.get(&id).ok_or(RowRefused::CustomerNotFound)?;
        let mut profile = person.profile.clone();
        let source = named(home, &row);
        let before = profile.identifiers_of(home, trust);
        let golden = profile.ingest(source.clone(), row.told, trust)?;
        let after = profile.identifiers_of(home, trust);
        for key in after.difference(&before) {
            self.register.name(key, home);
        }
        for key in before.difference(&after) {
            self.register.release(key, home);
        }
        let told = profile.named(&source).map(|it| (home, it.id));
        self.told.extend(told);
        Ok(self.settle(id, profile, golden, row.now))
    }

    pub(super) fn settle(
        &mut self,
        id: CustomerId,
        profile: Profile,
        golden: Golden,
        now: Timestamp,
    ) -> Outcome {
        let Some(person) = self.people.get_mut(&id) else {
            return Outcome::Unchanged;
        };
        person.profile = profile;
        person.is_touched = true;
        let version = person.customer.version;
        let changed = person.customer.settle(golden, now);
        if person.is_new && person.customer.absorbed.is_empty() {
            // Nobody has seen it before.
            person.customer.version = version;
        }
        let outcome = if changed.is_empty() {
            Outcome::Unchanged
        } else {
            Outcome::Updated
        };
        person.changed.extend(changed);
        outcome
    }

    /// What is to be written. Of one person there is one event, whatever the number of rows.
    pub(crate) fn changes(mut self) -> Changes {
        let mut changes = Changes {
            handed: self.register.handed(),
            keys: self.new_keys.into_iter().collect(),
            ..Changes::default()
        };
        for (one, other, conflict) in self.apart {
            let known = |id| Some(self.people.get(self.leads.get(&id)?)?.customer.clone());
            if let (Some(one), Some(other)) = (known(one), known(other)) {
                changes.apart.push((one, other, conflict));
            }
        }
        changes.joined = self.joined;
        for person in self.people.into_values() {
            let is_told = |it: &Source| self.told.contains(&(it.home, it.id));
            changes
                .sources
                .extend(person.profile.sources.into_iter().filter(is_told));
            if person.is_new {
                changes.made.push(person.customer);
            } else if person.is_touched {
                let fields = person.changed.into_iter().collect();
                changes.changed.push((person.customer, fields));
            }
        }
        changes
    }
}

pub(super) fn named(home: CustomerId, row: &Row<'_>) -> Source {
    let name = (row.channel, row.key.to_owned());
    let mut source = Source::new(row.ids.1, home, name, row.now);
    source.import = Some(row.import);
    source
}
