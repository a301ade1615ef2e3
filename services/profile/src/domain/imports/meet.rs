//! A row speaks of somebody whom the channel has not spoken of before.

use std::collections::BTreeSet;

use super::Outcome;
use super::crowd::{Crowd, Joined, Person, Row, named};
use crate::domain::customer::{Customer, Past};
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::golden::Golden;
use crate::domain::identity::link::{Link, ordered};
use crate::domain::identity::meeting::{recognise, telling};
use crate::domain::identity::profile::Profile;
use crate::domain::identity::trust::Trust;
use crate::domain::ids::CustomerId;

impl Crowd {
    /// Makes a customer, and joins it to the person who has the same identifier when the two can be one.
    pub(super) fn meet(&mut self, row: Row<'_>, trust: &Trust) -> Outcome {
        let alike = self.alike(&row);
        self.make(&row, trust);
        let Some((key, owner)) = alike else {
            return Outcome::Created;
        };
        let (id, _) = row.ids;
        let known = self
            .person_of(owner)
            .and_then(|lead| self.people.get(&lead));
        let (Some(person), Some(newcomer)) = (known, self.people.get(&id)) else {
            return Outcome::Created;
        };
        if let Err(conflict) = person.profile.check_merge(&newcomer.profile, trust) {
            self.apart.push((person.customer.id, id, conflict));
            return Outcome::Created;
        }
        if self.join((&key, owner), &row, trust) {
            Outcome::Updated
        } else {
            Outcome::Unchanged
        }
    }

    /// Who has the surest identifier that one person has.
    fn alike(&self, row: &Row<'_>) -> Option<(IdentifierKey, CustomerId)> {
        let keys = telling(row.told.details).into_iter();
        let mut known = keys.filter_map(|key| {
            let owner = self.register.owner(&key)?;
            Some((key, owner))
        });
        known.find(|(key, _)| !self.is_contested(key))
    }

    /// Whether several people name it.
    fn is_contested(&self, key: &IdentifierKey) -> bool {
        let mut people = self.register.homes(key).map(|home| self.person_of(home));
        let first = people.next();
        self.register.is_contested(key) || people.any(|it| Some(it) != first)
    }

    fn make(&mut self, row: &Row<'_>, trust: &Trust) {
        let (id, _) = row.ids;
        let mut source = named(id, row);
        source.tell(row.told.fields, row.told.details, row.told.observed_at);
        let golden = Golden::of(std::slice::from_ref(&source), trust);
        for identifier in &golden.details.identifiers {
            self.register.name(&identifier.key, id);
        }
        self.told.insert((id, source.id));
        let customer = Customer::create(id, golden, row.now);
        let profile = Profile::of(id, BTreeSet::new(), vec![source], Vec::new());
        self.load(customer, profile);
        if let Some(person) = self.people.get_mut(&id) {
            person.is_new = true;
        }
        self.keys.insert(row.key.to_owned(), id);
        self.new_keys.insert(row.key.to_owned(), id);
    }

    /// Makes one person of the newcomer and whoever has the identifier; answers whether more is known of them then.
    fn join(
        &mut self,
        (key, owner): (&IdentifierKey, CustomerId),
        row: &Row<'_>,
        trust: &Trust,
    ) -> bool {
        let (id, _) = row.ids;
        let known = self
            .person_of(owner)
            .and_then(|lead| self.people.remove(&lead));
        let (Some(person), Some(newcomer)) = (known, self.people.remove(&id)) else {
            return false;
        };
        let seen = recognise(&person.customer.details, &newcomer.customer.details, key);
        let link = Link {
            id: row.link,
            ends: ordered(owner, id),
            kind: seen.kind,
            score_permille: seen.score_permille,
            reason: seen.reason,
            actor: row.actor.to_owned(),
            made_at: row.now,
            import: Some(row.import),
            undone: None,
        };
        let (mut survivor, gone) = if person.customer.id < newcomer.customer.id {
            (person, newcomer)
        } else {
            (newcomer, person)
        };
        let is_more = self.settle_joint(&mut survivor, gone, link, (trust, row));
        for home in survivor.profile.homes() {
            self.leads.insert(home, survivor.customer.id);
        }
        self.people.insert(survivor.customer.id, survivor);
        is_more
    }

    fn settle_joint(
        &mut self,
        survivor: &mut Person,
        gone: Person,
        link: Link,
        (trust, row): (&Trust, &Row<'_>),
    ) -> bool {
        let past = Past::of([&survivor.customer, &gone.customer]);
        let mut homes = survivor.profile.homes();
        homes.extend(gone.profile.homes());
        let sources = survivor.profile.sources.drain(..);
        let sources = sources.chain(gone.profile.sources).collect();
        // What joined them before is not looked at, see where they are loaded.
        survivor.profile = Profile::of(survivor.customer.id, homes, sources, Vec::new());
        let golden = survivor.profile.golden(trust);
        let changed = survivor
            .customer
            .regroup(&survivor.profile, golden, past, row.now);
        let is_more = !changed.is_empty();
        survivor.changed.extend(changed);
        survivor.is_touched = true;
        self.joined.push(Joined {
            survivor: survivor.customer.clone(),
            gone: gone.customer,
            is_new: gone.is_new,
            link,
        });
        is_more
    }
}
