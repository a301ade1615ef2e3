//! What becomes of a profile when something is said about the person.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::conflict::{Conflict, MAX_SOURCES, check_values};
use super::golden::{Golden, claimed};
use super::profile::Profile;
use super::source::{Source, SourceId};
use super::trust::Trust;
use crate::domain::customer::Details;
use crate::domain::field::Field;
use crate::domain::identifier::IdentifierKey;

/// What is said: `fields` of `details`, as they were at `observed_at`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) fields: &'a [Field],
    pub(crate) details: &'a Details,
    pub(crate) observed_at: Timestamp,
}

impl Profile {
    /// Takes in what a channel says. `source` names it, and is added when it is new. What makes no one
    /// person is refused and changes nothing.
    pub(crate) fn ingest(
        &mut self,
        source: Source,
        told: Told<'_>,
        trust: &Trust,
    ) -> Result<Golden, Conflict> {
        self.check_room(&source)?;
        self.attempt(trust, |profile| {
            let id = profile.enter(source);
            profile.tell(id, told);
        })
    }

    /// Takes in what an operator says of the person as a whole, under the home of `crm`. Identifiers that
    /// are not listed are withdrawn, whoever said them: for as long as the records belong together.
    pub(crate) fn amend(
        &mut self,
        crm: Source,
        told: Told<'_>,
        trust: &Trust,
    ) -> Result<Golden, Conflict> {
        self.check_room(&crm)?;
        self.attempt(trust, |profile| {
            let id = profile.enter(crm);
            // Two updates follow each other also when the clock steps back.
            let last = profile.sources.iter().find(|it| it.id == id);
            let last = last.and_then(Source::last_observed);
            let observed_at = last.map_or(told.observed_at, |last| last.max(told.observed_at));
            if told.fields.contains(&Field::Identifiers) {
                profile.withdraw_unlisted(id, told.details, observed_at);
            }
            profile.tell(
                id,
                Told {
                    observed_at,
                    ..told
                },
            );
        })
    }

    fn attempt(
        &mut self,
        trust: &Trust,
        change: impl FnOnce(&mut Self),
    ) -> Result<Golden, Conflict> {
        let before = self.sources.clone();
        let was_right = self.check_claims(trust).is_ok();
        change(self);
        match self.check_claims(trust) {
            Err(conflict) if was_right => {
                self.sources = before;
                Err(conflict)
            }
            // A contradiction that parting brought back must not keep the person from being told about.
            _ => Ok(self.golden(trust)),
        }
    }

    fn check_claims(&self, trust: &Trust) -> Result<(), Conflict> {
        let claims = claimed(&self.sources, trust);
        let claims: Vec<_> = claims.into_iter().map(|(_, it)| it.clone()).collect();
        check_values(&claims)
    }

    fn check_room(&self, named: &Source) -> Result<(), Conflict> {
        let is_known = self.named(named).is_some();
        if !is_known && self.sources.len() >= MAX_SOURCES {
            return Err(Conflict::TooManySources);
        }
        Ok(())
    }

    /// The id of the source that has this name here already, else of this one, added.
    fn enter(&mut self, named: Source) -> SourceId {
        if let Some(known) = self.named(&named) {
            return known.id;
        }
        let id = named.id;
        let place = self.sources.partition_point(|it| it.id < id);
        self.sources.insert(place, named);
        id
    }

    fn tell(&mut self, id: SourceId, told: Told<'_>) {
        if let Some(source) = self.sources.iter_mut().find(|source| source.id == id) {
            source.tell(told.fields, told.details, told.observed_at);
        }
    }

    /// Only what is said under this home changes, so that parting takes it along.
    fn withdraw_unlisted(&mut self, crm: SourceId, sent: &Details, now: Timestamp) {
        let listed: BTreeSet<&IdentifierKey> = sent.identifiers.iter().map(|it| &it.key).collect();
        let mut unlisted = Vec::new();
        for source in self.sources.iter().filter(|source| source.id != crm) {
            let keys = source.details.identifiers.iter().map(|it| &it.key);
            let gone = keys.filter(|key| !listed.contains(key));
            unlisted.extend(gone.map(|key| ((source.id, key.clone()), now)));
        }
        if let Some(source) = self.sources.iter_mut().find(|source| source.id == crm) {
            source.withdrawn.retain(|(_, key), _| !listed.contains(key));
            source.withdrawn.extend(unlisted);
        }
    }
}
