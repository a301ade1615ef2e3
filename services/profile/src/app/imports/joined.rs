//! Newcomers of a batch who turned out to be people whom Patron knows.

use std::collections::BTreeSet;

use chassis::Refusal;
use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::error::BatchError;
use crate::app::identity::rules::candidate;
use crate::app::{App, announce};
use crate::domain::customer::Customer;
use crate::domain::identity::candidate::Candidate;
use crate::domain::identity::conflict::Conflict;
use crate::domain::identity::homes::Homes;
use crate::domain::identity::place::Places;
use crate::domain::ids::CustomerId;
use crate::domain::imports::crowd::{Changes, Joined};
use crate::store::matches::candidates;
use crate::store::{Keys, StoreError, customers, links, traits};

/// Writes who leads to whom, once all are written. Newcomers have no manager, no consents and no figures, so there is nothing
/// else to regroup.
pub(super) async fn join_all(
    db: &mut PgTransaction<'_>,
    keys: &Keys,
    changes: &Changes,
) -> Result<(), BatchError> {
    let survivors: BTreeSet<_> = changes.joined.iter().map(|it| it.survivor.id).collect();
    let known = changes.made.iter();
    let known = known.chain(changes.changed.iter().map(|(customer, _)| customer));
    let known = known.filter(|it| survivors.contains(&it.id));
    let homes: Vec<_> = known.map(Customer::homes).collect();
    // Now nobody records anything who still takes two for strangers.
    let ids: Vec<Uuid> = homes.iter().flat_map(Homes::ids).collect();
    traits::lock(db, &ids).await?;
    customers::absorb(db, &homes).await?;
    traits::regroup(db, &homes).await?;
    let quiet = changes.joined.iter().filter(|it| it.is_new);
    let quiet: Vec<Uuid> = quiet.map(|it| it.gone.id.0).collect();
    customers::keep_quiet(db, &quiet).await?;
    let joining = changes.joined.iter().map(|it| it.link.clone());
    links::insert(db, keys, &joining.collect::<Vec<_>>()).await?;
    Ok(())
}

/// What is announced of two who are one.
pub(super) fn met(joined: &Joined) -> Vec<NewEvent> {
    let Joined {
        survivor,
        gone,
        is_new,
        link,
    } = joined;
    let places = Places::of([gone]);
    let left = places.left(survivor);
    // Of one of whom nobody was told nobody knows where it is either.
    let moved = gone.homes().ids().into_iter().map(CustomerId);
    let moved = moved.filter(|id| *is_new || left.contains(id));
    let merged = announce::merged(survivor, gone.id, link.id);
    let placed = announce::placed(survivor, moved);
    std::iter::once(merged).chain(placed).collect()
}

impl App {
    /// Lets those pairs wait that can't be joined as they are.
    pub(super) async fn queue_all(
        &self,
        db: &mut PgTransaction<'_>,
        apart: &[(Customer, Customer, Conflict)],
    ) -> Result<(), StoreError> {
        let found = apart.iter().map(|(one, other, conflict)| Candidate {
            refusal: Refusal::from(conflict.clone()).reason().to_owned(),
            ..candidate(one, other, self.now())
        });
        candidates::put(db, &found.collect::<Vec<_>>()).await
    }
}
