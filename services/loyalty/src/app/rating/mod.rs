//! Purchases, returns and acts: they are kept as facts, rated, and the ledger follows.
//!
//! [`record`] takes many at once, in a few statements however many they are. Facts of one order that
//! come together are taken one after the other, in waves; each wave is
//!
//! | step | what | where |
//! |---|---|---|
//! | 1 | the facts are kept, those that are known are left out | `intake` |
//! | 2 | what changed, and what came after it and looks back at it, is loaded | `runs` |
//! | 3 | it is rated, in the order in which it happened | `rate` |
//! | 4 | the ledger gives, or takes back, the difference | `ledger` |
//! | 5 | ratings are kept; what can't be rated is parked | `keep` |
//! | 6 | spent points of returns are restored, awaited points become usable | `restore`, `awaited` |
//! | 7 | tiers, coupons and whatever else looks at purchases and acts follows | `followers` |
//!
//! So points are a function of the facts: whether they come in order, late, twice, or after their
//! return, the outcome is the same.

mod awaited;
mod cause;
mod entry;
mod error;
mod facts;
mod followers;
mod intake;
mod keep;
mod ledger;
mod parked;
mod rate;
pub(crate) mod read;
mod restore;
mod runs;
mod shelf;
#[cfg(test)]
mod tests;

use events::NewEvent;
use sqlx::PgTransaction;
use std::collections::BTreeMap;
use uuid::Uuid;

use super::books::{Books, Need};
use super::{AppError, Loyalty, enrol};
use crate::domain::happened::Happened;

pub(crate) use cause::Cause;
pub(crate) use entry::Entry;
pub(crate) use error::RatingError;
pub(crate) use facts::{Fact, Told};
pub(crate) use parked::{keep_trying, retry};

/// Sales and acts of one member that are rated at once. What comes after these, and looks back, has
/// its turn later.
const MOST_AT_ONCE: usize = 1_000;

/// The transaction, and the members that it holds.
struct Desk<'d, 't> {
    loyalty: &'d Loyalty,
    tx: &'d mut PgTransaction<'t>,
    books: &'d mut Books,
    /// Whether something was posted before that is not written yet: then lots have to be looked at
    /// all together, because the database does not know what was taken from them.
    has_posted: bool,
}

/// Takes facts into account, in their order. Who is no member yet and has bought or done something
/// becomes one. A fact that is known already changes nothing; those of a membership that has ended
/// are not kept. Tells how many purchases and acts have changed or are new.
pub(crate) async fn record(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    told: &[Told<'_>],
) -> Result<usize, AppError> {
    if told.is_empty() {
        return Ok(0);
    }
    let (mut books, joined) = admit(loyalty, tx, told).await?;
    let mut desk = Desk {
        loyalty,
        tx,
        books: &mut books,
        has_posted: false,
    };
    desk.follow(&joined).await?;
    let mut changed = 0;
    for wave in facts::waves(told) {
        changed += desk.take(wave).await?;
    }
    books.write(tx).await?;
    Ok(changed)
}

/// Locks those whom the facts are about, and makes members of all who are none.
async fn admit(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    told: &[Told<'_>],
) -> Result<(Books, Vec<Happened>), AppError> {
    let needs = told.iter().filter(|told| told.fact.needs_books());
    let needs: Vec<Need> = needs
        .map(|told| Need::of(told.fact.customer_id()))
        .collect();
    let mut books = Books::open(loyalty, tx, &needs).await?;
    let mut strangers: BTreeMap<Uuid, &str> = BTreeMap::new();
    for told in told.iter().filter(|told| told.fact.enrols()) {
        let customer_id = told.fact.customer_id();
        if books.holder(customer_id).is_err() {
            strangers.entry(customer_id).or_insert(told.trace);
        }
    }
    let enrolled = enrol::enrol_all(loyalty, tx, &strangers).await?;
    let joined: Vec<Uuid> = enrolled
        .iter()
        .map(|(customer_id, _)| *customer_id)
        .collect();
    for (_, event) in enrolled {
        books.announce(event);
    }
    let needs: Vec<Need> = joined
        .iter()
        .copied()
        .chain(strangers.into_keys())
        .map(Need::of)
        .collect();
    books.reach(loyalty, tx, &needs).await?;
    let at = books.now();
    let joined = joined
        .into_iter()
        .map(|customer_id| Happened::Joined { customer_id, at });
    let joined = joined.collect();
    Ok((books, joined))
}

impl Desk<'_, '_> {
    async fn take(&mut self, wave: &[Told<'_>]) -> Result<usize, AppError> {
        let changed = self.keep_facts(wave).await?;
        let count = changed.len();
        let mut runs = self.runs(changed).await?;
        self.rate(&mut runs).await?;
        self.settle(&mut runs).await?;
        self.keep(&runs).await?;
        self.restore(&runs).await?;
        self.activate(&runs).await?;
        let happened = followers::happened(&runs);
        self.has_posted = true;
        self.follow(&happened).await?;
        Ok(count)
    }

    fn announce<P: prost::Message + prost::Name>(
        &mut self,
        customer_id: Uuid,
        trace: &str,
        event: &P,
    ) {
        let event = NewEvent::about(customer_id, Some(customer_id), event);
        self.books.announce(event.in_trace(trace));
    }
}
