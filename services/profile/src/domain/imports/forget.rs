//! What an import said is taken back.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::crowd::Crowd;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::SourceId;
use crate::domain::identity::trust::Trust;
use crate::domain::ids::{CustomerId, ImportId};

impl Crowd {
    /// Takes these sources of an import away from those who are loaded, and writes what follows: nothing that
    /// others said. Answers who is left without a word that anybody says of them.
    pub(crate) fn forget(
        &mut self,
        import: ImportId,
        sources: &[(CustomerId, SourceId)],
        (trust, now): (&Trust, Timestamp),
    ) -> Vec<CustomerId> {
        let gone: BTreeSet<_> = sources.iter().copied().collect();
        let ids: Vec<_> = self.people.keys().copied().collect();
        let mut silent = Vec::new();
        for id in ids {
            if self.forget_of(id, (import, &gone), trust, now) {
                silent.push(id);
            }
        }
        silent
    }

    fn forget_of(
        &mut self,
        id: CustomerId,
        (import, gone): (ImportId, &BTreeSet<(CustomerId, SourceId)>),
        trust: &Trust,
        now: Timestamp,
    ) -> bool {
        let Some(person) = self.people.get(&id) else {
            return false;
        };
        let mut profile = person.profile.clone();
        let before = known_of(&profile, trust);
        let is_gone = |home, source| gone.contains(&(home, source));
        profile
            .sources
            .retain(|it| it.import != Some(import) || !is_gone(it.home, it.id));
        let after = known_of(&profile, trust);
        for (home, key) in before.difference(&after) {
            self.register.release(key, *home);
        }
        // What a file had replaced comes back, beside whoever has it by now.
        for (home, key) in &after {
            self.register.name(key, *home);
        }
        let golden = profile.golden(trust);
        let is_silent = profile.sources.is_empty();
        self.settle(id, profile, golden, now);
        is_silent
    }
}

/// The identifiers that are known under each home.
fn known_of(profile: &Profile, trust: &Trust) -> BTreeSet<(CustomerId, IdentifierKey)> {
    let of_home = |home: CustomerId| {
        let known = profile.identifiers_of(home, trust);
        known.into_iter().map(move |key| (home, key))
    };
    profile.homes().into_iter().flat_map(of_home).collect()
}
