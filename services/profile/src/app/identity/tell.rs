//! Something is said about a person.

use std::collections::BTreeSet;

use chassis::Refusal;
use seal::Keyring;
use sqlx::PgTransaction;

use super::{Person, trust};
use crate::app::{App, announce};
use crate::domain::customer::Customer;
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::identity::conflict::Conflict;
use crate::domain::identity::golden::Golden;
use crate::domain::identity::homes::Homes;
use crate::domain::identity::kinds::kind_of;
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::Source;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::segments::evaluations;
use crate::store::{customers, identifiers, sources};

/// Identifiers as a request lists them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed<'a> {
    pub(crate) identifiers: &'a [Identifier],
    pub(crate) taken: Taken,
}

/// What becomes of an identifier that is another person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is refused: an operator is there to be told. With the path of the message that lists it.
    Refused(&'static str),
    /// It stays the other's, and that this one names it too is noted: a channel says what it knows, and whether the two are one
    /// person is for others to decide.
    Noted,
}

impl App {
    /// Lets a source say something, by `change`, and writes what follows from it. Answers the customer
    /// and all that the source says then.
    pub(crate) async fn tell(
        &self,
        db: &mut PgTransaction<'_>,
        person: Person,
        (named, listed): (Source, Listed<'_>),
        change: impl FnOnce(&mut Profile, Source) -> Result<Golden, Conflict>,
    ) -> Result<(Customer, Source), Refusal> {
        let Person {
            mut customer,
            mut profile,
        } = person;
        let home = named.home;
        let told = listed.identifiers.iter().map(|it| &it.key);
        self.refuse_suppressed(db, told).await?;
        let before = profile.identifiers_of(home, &trust());
        let golden = change(&mut profile, named.clone())?;
        let after = profile.identifiers_of(home, &trust());
        let homes = customer.homes();
        exchange(db, &self.keyring, (&homes, home), (&before, &after), listed).await?;
        let told = profile.named(&named);
        let told = told.cloned().unwrap_or(named);
        let keys = self.keys(db, [home, customer.id]).await?;
        sources::put(db, &keys, std::slice::from_ref(&told)).await?;
        let changed = customer.settle(golden, self.now());
        customers::update(db, &keys, [&customer]).await?;
        if !changed.is_empty() {
            evaluations::mark(db, &[customer.id], self.now()).await?;
            let events = announce::settled(&customer, &changed);
            let appended = self.outbox.append_all(db, &events).await;
            appended.map_err(refusals::outbox)?;
        }
        Ok((customer, told))
    }
}

/// Takes for a home the identifiers that its own sources name from now on, and gives up those that they
/// name no more.
async fn exchange(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    (homes, home): (&Homes, CustomerId),
    (before, after): (&BTreeSet<IdentifierKey>, &BTreeSet<IdentifierKey>),
    listed: Listed<'_>,
) -> Result<(), Refusal> {
    let added: Vec<_> = after.difference(before).cloned().collect();
    take(db, keyring, (homes, home), added, listed).await?;
    let gone = before.difference(after);
    let gone: Vec<_> = gone.map(|key| (key.clone(), home)).collect();
    if !gone.is_empty() {
        identifiers::release(db, keyring, &gone).await?;
    }
    Ok(())
}

/// Makes these identifiers a home's, but for those that others have: of these it is noted that the home names them, too. One
/// that is another person's may be refused, unless it tells nobody who somebody is: that stays the first one's.
pub(crate) async fn take(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    (homes, home): (&Homes, CustomerId),
    mut keys: Vec<IdentifierKey>,
    listed: Listed<'_>,
) -> Result<(), Refusal> {
    if keys.is_empty() {
        return Ok(());
    }
    keys.sort();
    let claims: Vec<_> = keys.into_iter().map(|key| (key, home)).collect();
    let claimed = identifiers::claim(db, keyring, &claims).await?;
    let lost = claims.into_iter().filter(|(key, _)| !claimed.contains(key));
    let lost: Vec<_> = lost.collect();
    if lost.is_empty() {
        return Ok(());
    }
    if let Taken::Refused(within) = listed.taken {
        let telling = lost.iter().map(|(key, _)| key);
        let telling: Vec<_> = telling
            .filter(|key| kind_of(key).tells_who())
            .cloned()
            .collect();
        refuse_taken(db, keyring, homes, &telling, (within, listed.identifiers)).await?;
    }
    Ok(identifiers::note(db, keyring, &lost).await?)
}

async fn refuse_taken(
    db: &mut PgTransaction<'_>,
    keyring: &Keyring,
    homes: &Homes,
    keys: &[IdentifierKey],
    (within, listed): (&str, &[Identifier]),
) -> Result<(), Refusal> {
    if keys.is_empty() {
        return Ok(());
    }
    let owners = identifiers::owners(db, keyring, keys).await?;
    let taken = keys.iter().find(|key| {
        let owner = owners.get(key);
        !owner.is_some_and(|owner| homes.has(*owner))
    });
    taken.map_or(Ok(()), |key| {
        let place = listed.iter().position(|identifier| identifier.key == *key);
        let field = format!("{within}.identifiers[{}]", place.unwrap_or_default());
        Err(refusals::identifier_taken(&key.kind, &field))
    })
}
