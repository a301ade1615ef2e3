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
use crate::domain::identity::kinds::{Kind, kind_of};
use crate::domain::identity::profile::Profile;
use crate::domain::identity::source::Source;
use crate::domain::ids::CustomerId;
use crate::refusals;
use crate::store::segments::evaluations;
use crate::store::{customers, identifiers, sources};

/// Identifiers as a request lists them, and the path of the message that does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed<'a> {
    pub(crate) within: &'static str,
    pub(crate) identifiers: &'a [Identifier],
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

/// Makes these identifiers a home's, but for those that another home of the person has. Refuses one
/// that is another person's, unless it is of a kind that people share: that stays the first one's.
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
    let is_lost = |key: &IdentifierKey| !claimed.contains(key) && kind_of(key) != Kind::Shared;
    let lost = claims.into_iter().map(|(key, _)| key);
    let lost: Vec<_> = lost.filter(is_lost).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let owners = identifiers::owners(db, keyring, &lost).await?;
    let taken = lost.into_iter().find(|key| {
        let owner = owners.get(key);
        !owner.is_some_and(|owner| homes.has(*owner))
    });
    taken.map_or(Ok(()), |key| {
        let mut places = listed.identifiers.iter();
        let place = places.position(|identifier| identifier.key == key);
        let field = format!(
            "{}.identifiers[{}]",
            listed.within,
            place.unwrap_or_default()
        );
        Err(refusals::identifier_taken(&key.kind, &field))
    })
}
