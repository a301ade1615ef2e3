//! The records that are one person.

use std::collections::BTreeSet;

use super::conflict::{Conflict, MAX_MEMBERS, MAX_SOURCES, check_pair};
use super::golden::Golden;
use super::link::{Link, LinkId};
use super::source::Source;
use super::trust::Trust;
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;

/// A connected component of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The oldest home: by this id the person is known.
    pub(crate) id: CustomerId,
    /// The other homes: their ids lead to this profile.
    pub(crate) absorbed: BTreeSet<CustomerId>,
    /// What the channels said, sorted by id.
    pub(crate) sources: Vec<Source>,
    pub(crate) links: Vec<Link>,
}

/// There is no such link in this profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such link joins this customer to another")]
pub(crate) struct NoSuchLink;

impl Profile {
    /// The profile of these homes; `home` is any of them.
    pub(crate) fn of(
        home: CustomerId,
        mut homes: BTreeSet<CustomerId>,
        mut sources: Vec<Source>,
        links: Vec<Link>,
    ) -> Self {
        homes.insert(home);
        let id = homes.pop_first().unwrap_or(home);
        sources.sort_by_key(|source| source.id);
        Self {
            id,
            absorbed: homes,
            sources,
            links,
        }
    }

    /// All homes, the oldest first.
    pub(crate) fn homes(&self) -> BTreeSet<CustomerId> {
        let mut homes = self.absorbed.clone();
        homes.insert(self.id);
        homes
    }

    /// The source of this name, when there is one.
    pub(crate) fn named(&self, named: &Source) -> Option<&Source> {
        let is_it = |it: &&Source| it.is_of_record(named) && it.import == named.import;
        self.sources.iter().find(is_it)
    }

    /// The identifiers that are known under one of the homes, whatever is joined to it.
    pub(crate) fn identifiers_of(
        &self,
        home: CustomerId,
        trust: &Trust,
    ) -> BTreeSet<IdentifierKey> {
        let own = self.sources.iter().filter(|it| it.home == home);
        let own: Vec<_> = own.cloned().collect();
        let golden = Golden::of(&own, trust);
        let identifiers = golden.details.identifiers.into_iter();
        identifiers.map(|identifier| identifier.key).collect()
    }

    /// What is known of the person.
    pub(crate) fn golden(&self, trust: &Trust) -> Golden {
        Golden::of(&self.sources, trust)
    }

    /// Refuses to make this person and another one.
    pub(crate) fn check_merge(&self, other: &Self, trust: &Trust) -> Result<(), Conflict> {
        let homes = self.absorbed.len().saturating_add(other.absorbed.len());
        if homes.saturating_add(2) > MAX_MEMBERS {
            return Err(Conflict::TooManyMembers);
        }
        if self.sources.len().saturating_add(other.sources.len()) > MAX_SOURCES {
            return Err(Conflict::TooManySources);
        }
        let identifiers = |profile: &Self| profile.golden(trust).details.identifiers;
        check_pair(&identifiers(self), &identifiers(other))
    }

    /// Joins another person's records to these.
    pub(crate) fn merge(self, other: Self, link: Link, trust: &Trust) -> Result<Self, Conflict> {
        self.check_merge(&other, trust)?;
        let mut homes = self.homes();
        homes.extend(other.homes());
        let sources = self.sources.into_iter().chain(other.sources).collect();
        let mut links: Vec<_> = self.links.into_iter().chain(other.links).collect();
        links.push(link);
        Ok(Self::of(self.id, homes, sources, links))
    }

    /// Takes a link back, whichever. Answers what stays, and what is a person of its own again: nobody
    /// while other links hold the two together.
    pub(crate) fn unmerge(mut self, link: LinkId) -> Result<(Self, Option<Self>), NoSuchLink> {
        let at = self.links.iter().position(|it| it.id == link);
        self.links.remove(at.ok_or(NoSuchLink)?);
        let kept = self.reach();
        let homes = self.homes();
        let parted: BTreeSet<_> = homes.difference(&kept).copied().collect();
        let Some(oldest) = parted.first().copied() else {
            return Ok((self, None));
        };
        let (near, far) = self
            .sources
            .into_iter()
            .partition(|source| kept.contains(&source.home));
        let (holding, parting) = self
            .links
            .into_iter()
            .partition(|link| kept.contains(&link.ends.0));
        let stays = Self::of(self.id, kept, near, holding);
        Ok((stays, Some(Self::of(oldest, parted, far, parting))))
    }

    /// The homes that the links join to the oldest. Each round reaches at least one more or is the
    /// last, so there are at most as many as homes.
    fn reach(&self) -> BTreeSet<CustomerId> {
        let mut reached = BTreeSet::from([self.id]);
        loop {
            let before = reached.len();
            for Link {
                ends: (one, other), ..
            } in &self.links
            {
                if reached.contains(one) || reached.contains(other) {
                    reached.extend([*one, *other]);
                }
            }
            if reached.len() == before {
                return reached;
            }
        }
    }
}

#[cfg(test)]
impl Profile {
    /// What a channel said by calls under one of the homes.
    pub(crate) fn source(&self, home: CustomerId, channel: &str, key: &str) -> Option<&Source> {
        let is_it = |it: &&Source| it.home == home && it.channel == channel && it.key == key;
        self.sources.iter().find(is_it)
    }

    /// Somebody whom nothing joins to anybody.
    pub(crate) fn alone(id: CustomerId, sources: Vec<Source>) -> Self {
        Self::of(id, BTreeSet::new(), sources, Vec::new())
    }

    /// True when this id leads here.
    pub(crate) fn has(&self, home: CustomerId) -> bool {
        self.id == home || self.absorbed.contains(&home)
    }
}
