//! A channel speaks of somebody by an identifier that a person has already.

use std::collections::BTreeSet;

use chassis::Refusal;
use events::NewEvent;
use seal::Keyring;
use sqlx::PgTransaction;

use super::rules::candidate;
use super::tell::Taken;
use super::{Person, trust};
use crate::app::{App, announce};
use crate::domain::customer::Customer;
use crate::domain::identifier::IdentifierKey;
use crate::domain::identity::candidate::Candidate;
use crate::domain::identity::conflict::Conflict;
use crate::domain::identity::link::{Link, LinkId, ordered};
use crate::domain::identity::meeting::recognise;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::Source;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::matches::candidates;
use crate::store::{StoreError, customers, identifiers, links};

/// Who has the identifiers of a newcomer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Alike {
    Nobody,
    /// One person, by the surest of those that nobody else names.
    Person(IdentifierKey, CustomerId),
    /// Several people have each of them, so they don't tell which of these it is.
    Several,
}

/// Who has the first of these that one person has.
pub(super) async fn alike(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    keys: &[IdentifierKey],
) -> Result<Alike, StoreError> {
    if keys.is_empty() {
        return Ok(Alike::Nobody);
    }
    let owned = identifiers::owned(db, keyring, keys, |_| true).await?;
    let mut known = keys.iter().filter_map(|key| Some((key, owned.get(key)?)));
    let first = known.find(|(_, owned)| !owned.is_contested);
    Ok(match first {
        Some((key, owned)) => Alike::Person(key.clone(), owned.by),
        None if owned.is_empty() => Alike::Nobody,
        None => Alike::Several,
    })
}

/// The same once others were in the way: somebody has one of them now.
pub(super) async fn alike_now(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    keys: &[IdentifierKey],
) -> Result<Alike, Refusal> {
    match alike(db, keyring, keys).await? {
        Alike::Nobody => Err(refusals::unavailable()),
        known => Ok(known),
    }
}

impl App {
    /// Makes the customer of whom a source is the first to tell, and joins it to the person who has the same identifier;
    /// where that can't be one person, the pair waits for somebody to decide. Answers whom the source speaks of.
    pub(super) async fn meet(
        &self,
        db: &mut PgTransaction<'_>,
        actor: &str,
        source: Source,
        alike: Alike,
    ) -> Result<Customer, Refusal> {
        let Alike::Person(key, owner) = alike else {
            return self.found(db, source, Taken::Noted).await;
        };
        // Before the identifiers, as all do who tell something of a person.
        let person = Person::lock(db, &self.keyring, owner).await?;
        let newcomer = self.found_quietly(db, source.clone(), Taken::Noted).await?;
        let alone = Profile::of(newcomer.id, BTreeSet::new(), vec![source], Vec::new());
        if let Err(conflict) = person.profile.check_merge(&alone, &trust()) {
            self.queue(db, [&person.customer, &newcomer], conflict)
                .await?;
            self.tell_of(db, vec![announce::created(&newcomer)]).await?;
            return Ok(newcomer);
        }
        let seen = recognise(&person.customer.details, &newcomer.details, &key);
        let link = Link {
            id: LinkId(self.clock.new_id()),
            ends: ordered(owner, newcomer.id),
            kind: seen.kind,
            score_permille: seen.score_permille,
            reason: seen.reason,
            actor: actor.to_owned(),
            made_at: self.now(),
            import: None,
            undone: None,
        };
        let newcomer = Person {
            customer: newcomer,
            profile: alone,
        };
        // Both are locked: the one above, the other is known to nobody yet.
        let (home, known) = (newcomer.customer.id, newcomer.customer.clone());
        let (customer, keys) = self.join(db, person, newcomer, &link).await?;
        links::insert(db, &keys, &[link]).await?;
        let events = if customer.id == home {
            vec![announce::created(&known)]
        } else {
            // Nobody is new, so nobody is to be welcomed; but things will be heard of under the id.
            customers::keep_quiet(db, &[home.0]).await?;
            announce::placed(&customer, [home]).collect()
        };
        self.tell_of(db, events).await?;
        Ok(customer)
    }

    async fn tell_of(
        &self,
        db: &mut PgTransaction<'_>,
        events: Vec<NewEvent>,
    ) -> Result<(), Refusal> {
        let appended = self.outbox.append_all(db, &events).await;
        appended.map_err(refusals::outbox)
    }

    /// Lets a pair wait that can't be joined as it is.
    async fn queue(
        &self,
        db: &mut PgTransaction<'_>,
        [person, newcomer]: [&Customer; 2],
        conflict: Conflict,
    ) -> Result<(), StoreError> {
        let found = Candidate {
            refusal: Refusal::from(conflict).reason().to_owned(),
            ..candidate(person, newcomer, self.now())
        };
        candidates::put(db, &[found]).await
    }
}
