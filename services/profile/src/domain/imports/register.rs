//! Whose identifiers are while rows are decided on, as `identifier_owners` and `identifier_claims` will have it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::CustomerId;

/// Who names an identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Registered {
    /// Under which id it is known.
    pub(crate) owner: CustomerId,
    /// The oldest of the other homes that name it.
    pub(crate) others: BTreeSet<CustomerId>,
    /// More of them are not told.
    pub(crate) is_crowded: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Register {
    known: HashMap<IdentifierKey, Registered>,
    claimed: BTreeMap<IdentifierKey, CustomerId>,
    released: BTreeSet<(IdentifierKey, CustomerId)>,
    noted: BTreeSet<(IdentifierKey, CustomerId)>,
}

/// How identifiers change hands, each sorted by key, in the order in which it is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) released: Vec<(IdentifierKey, CustomerId)>,
    /// What is not free any more means that others were in the way, unless people share it.
    pub(crate) claimed: Vec<(IdentifierKey, CustomerId)>,
    /// Named by these, though others have it.
    pub(crate) noted: Vec<(IdentifierKey, CustomerId)>,
}

impl Register {
    pub(super) fn of(known: HashMap<IdentifierKey, Registered>) -> Self {
        Self {
            known,
            ..Self::default()
        }
    }

    /// Whose an identifier is.
    pub(super) fn owner(&self, key: &IdentifierKey) -> Option<CustomerId> {
        Some(self.known.get(key)?.owner)
    }

    /// All homes that name it, the owner first.
    pub(super) fn homes(&self, key: &IdentifierKey) -> impl Iterator<Item = CustomerId> {
        let known = self.known.get(key).into_iter();
        known.flat_map(|it| std::iter::once(it.owner).chain(it.others.iter().copied()))
    }

    /// True when more name it than can be looked at.
    pub(super) fn is_contested(&self, key: &IdentifierKey) -> bool {
        self.known.get(key).is_some_and(|it| it.is_crowded)
    }

    /// Lets a home name an identifier: it is the home's when nobody has it.
    pub(super) fn name(&mut self, key: &IdentifierKey, home: CustomerId) {
        match self.known.get_mut(key) {
            None => self.claim(key.clone(), home),
            Some(known) if known.owner == home => {}
            Some(known) => {
                if known.others.insert(home) {
                    self.noted.insert((key.clone(), home));
                }
            }
        }
    }

    fn claim(&mut self, key: IdentifierKey, home: CustomerId) {
        if !self.released.remove(&(key.clone(), home)) {
            self.claimed.insert(key.clone(), home);
        }
        let known = Registered {
            owner: home,
            others: BTreeSet::new(),
            is_crowded: false,
        };
        self.known.insert(key, known);
    }

    /// Lets a home name it no more. What it had is the oldest other home's then, as the database has it: of those that are
    /// written there before any that this crowd adds.
    pub(super) fn release(&mut self, key: &IdentifierKey, home: CustomerId) {
        let Some(known) = self.known.get_mut(key) else {
            return;
        };
        let pair = (key.clone(), home);
        if known.owner != home {
            known.others.remove(&home);
            if !self.noted.remove(&pair) {
                self.released.insert(pair);
            }
            return;
        }
        if self.claimed.remove(key).is_none() {
            self.released.insert(pair);
        }
        let is_written = |heir: &&CustomerId| !self.noted.contains(&(key.clone(), **heir));
        let mut others = known.others.iter();
        let heir = others.find(is_written).or(known.others.first()).copied();
        let Some(heir) = heir else {
            self.known.remove(key);
            return;
        };
        known.others.remove(&heir);
        known.owner = heir;
        if self.noted.remove(&(key.clone(), heir)) {
            self.claimed.insert(key.clone(), heir);
        }
    }

    /// What is to be written.
    pub(super) fn handed(&mut self) -> Handed {
        Handed {
            released: std::mem::take(&mut self.released).into_iter().collect(),
            claimed: std::mem::take(&mut self.claimed).into_iter().collect(),
            noted: std::mem::take(&mut self.noted).into_iter().collect(),
        }
    }
}
