//! Keeping the pairs as customers are created, changed, joined and parted.

use std::collections::{BTreeSet, HashSet};

use async_trait::async_trait;
use contract::patron::profile::v1::{
    CustomerCreated, CustomerUpdated, ProcessingRestricted, ProcessingUnrestricted, ProfilesMerged,
    ProfilesUnmerged,
};
use events::{Handler, HandlerError, Incoming};
use seal::Keyring;
use sqlx::{PgConnection, PgTransaction};
use uuid::Uuid;

use super::candidate;
use crate::app::App;
use crate::app::identity::matches::MOST_COMPARED;
use crate::domain::customer::Customer;
use crate::domain::identity::candidate::{Candidate, State};
use crate::domain::identity::matching::keys;
use crate::store::matches::candidates;
use crate::store::privacy::restrictions;
use crate::store::{StoreError, customers};

/// Most customers who have a phone number, an address or a name in common so that it speaks for any two of
/// them: what more share is an office's, and would make pairs of everybody with everybody.
const MOST_SHARING: i32 = 50;
/// Most pairs of one customer that are looked at again.
const MOST_PARTNERS: i64 = 500;

/// Compares customers anew when something was announced of them.
pub(crate) struct Follower(pub(crate) App);

#[async_trait]
impl Handler for Follower {
    async fn handle(
        &self,
        tx: &mut PgTransaction<'_>,
        event: &Incoming,
    ) -> Result<(), HandlerError> {
        self.handle_all(tx, &[event]).await
    }

    /// Of what was announced only whom it concerns is looked at, so each customer is compared once.
    async fn handle_all(
        &self,
        tx: &mut PgTransaction<'_>,
        events: &[&Incoming],
    ) -> Result<(), HandlerError> {
        let mut concerned = BTreeSet::new();
        for event in events {
            for id in concerned_by(event)? {
                concerned.insert(Uuid::try_parse(&id)?);
            }
        }
        let concerned: Vec<Uuid> = concerned.into_iter().collect();
        Ok(self.0.compare_all(tx, &concerned).await?)
    }
}

/// Whose record is another than before.
fn concerned_by(event: &Incoming) -> Result<Vec<String>, HandlerError> {
    if let Some(created) = event.payload::<CustomerCreated>()? {
        return Ok(vec![created.customer_id]);
    }
    if let Some(updated) = event.payload::<CustomerUpdated>()? {
        return Ok(vec![updated.customer_id]);
    }
    if let Some(merged) = event.payload::<ProfilesMerged>()? {
        return Ok(vec![merged.customer_id]);
    }
    if let Some(restricted) = event.payload::<ProcessingRestricted>()? {
        return Ok(vec![restricted.customer_id]);
    }
    if let Some(unrestricted) = event.payload::<ProcessingUnrestricted>()? {
        return Ok(vec![unrestricted.customer_id]);
    }
    let unmerged = event.payload::<ProfilesUnmerged>()?;
    Ok(unmerged.map_or_else(Vec::new, |it| vec![it.customer_id, it.parted_customer_id]))
}

impl App {
    /// Compares customers anew. Most have nothing in common with anybody: that is found out for all at once, so a
    /// file of many customers costs little.
    async fn compare_all(&self, db: &mut PgConnection, ids: &[Uuid]) -> Result<(), StoreError> {
        let mut people = customers::many(db, &self.keyring, ids).await?;
        // In the order in which others do it, too.
        people.sort_unstable_by_key(|it| it.id);
        let absorbed = people.iter().flat_map(|it| &it.absorbed);
        let absorbed: Vec<Uuid> = absorbed.map(|id| id.0).collect();
        if !absorbed.is_empty() {
            candidates::close_all(db, &absorbed).await?;
        }
        let ids: Vec<Uuid> = people.iter().map(|it| it.id.0).collect();
        let restricted = restrictions::among(db, &ids).await?;
        let (alone, people): (Vec<_>, Vec<_>) = people
            .into_iter()
            .partition(|it| restricted.contains(&it.id));
        for customer in alone {
            candidates::close_all(db, &customer.homes().ids()).await?;
        }
        let paired = candidates::paired(db, &ids).await?;
        let keyed = people.into_iter().map(|it| (keys(&it.details), it));
        let keyed: Vec<_> = keyed.collect();
        let all: BTreeSet<_> = keyed.iter().flat_map(|(keys, _)| keys).cloned().collect();
        let all: Vec<_> = all.into_iter().collect();
        let telling = candidates::telling(db, &self.keyring, &all, MOST_SHARING).await?;
        for (keys, customer) in keyed {
            let telling: Vec<_> = keys.intersection(&telling).cloned().collect();
            if !telling.is_empty() || paired.contains(&customer.id) {
                self.compare_anew(db, &customer, &telling).await?;
            }
        }
        Ok(())
    }

    /// Writes with whom a customer is a pair now, and closes the pairs that are none any more.
    async fn compare_anew(
        &self,
        db: &mut PgConnection,
        customer: &Customer,
        telling: &[String],
    ) -> Result<(), StoreError> {
        let known = candidates::partners(db, customer.id, MOST_PARTNERS).await?;
        let others = others(db, &self.keyring, (customer, telling), &known).await?;
        if others.is_empty() {
            return Ok(());
        }
        let strangers = candidates::strangers(db, &customer.homes().ids()).await?;
        let pair = |other: &Customer| {
            let found = candidate(customer, other, self.now());
            let homes = other.homes();
            let is_none = strangers.iter().any(|id| homes.has(*id)) || found.score_permille == 0;
            let state = if is_none { State::Closed } else { State::Open };
            let is_new = !known.contains(&other.id.0);
            (!is_none || !is_new).then_some(Candidate { state, ..found })
        };
        let found: Vec<_> = others.iter().filter_map(pair).collect();
        candidates::put(db, &found).await
    }
}

/// Those who have something in common with a customer, and those with whom it is a pair already.
async fn others(
    db: &mut PgConnection,
    keyring: &Keyring,
    (customer, telling): (&Customer, &[String]),
    known: &[Uuid],
) -> Result<Vec<Customer>, StoreError> {
    let mut others = if telling.is_empty() {
        Vec::new()
    } else {
        customers::sharing(db, keyring, telling, customer.id, MOST_COMPARED).await?
    };
    let ids: Vec<Uuid> = others.iter().map(|it| it.id.0).collect();
    let restricted = restrictions::among(db, &ids).await?;
    others.retain(|it| !restricted.contains(&it.id));
    let found: HashSet<Uuid> = others.iter().map(|it| it.id.0).collect();
    let missing: Vec<Uuid> = known
        .iter()
        .filter(|id| !found.contains(*id))
        .copied()
        .collect();
    if !missing.is_empty() {
        let more = customers::many(db, keyring, &missing).await?;
        // An id that leads elsewhere: its pair is closed when the merge is heard of.
        others.extend(more.into_iter().filter(|it| missing.contains(&it.id.0)));
    }
    Ok(others)
}
