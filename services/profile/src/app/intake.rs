//! Recording orders and returns: any number of them, for any customers, in one transaction.
//!
//! 1. Identifiers become customers; unknown ones are taken for new customers (`people`).
//! 2. Those whom the customers lead to are locked in ascending order, then the order ids, then everything that the
//!    activities touch is read into a [`Book`] (`load`).
//! 3. The book decides over the activities one by one, in their order.
//! 4. What it has changed is written (`write`) and announced.
//!
//! Locks come before reads, and always in the same order, so that batches neither miss each other's
//! work nor wait for each other in a circle. What can still collide (two customers' activities under
//! one new id) fails on a unique constraint, and the whole transaction is done again.

mod load;
pub(in crate::app) mod people;
mod write;

use chassis::Deadline;
use events::OutboxError;
use jiff::Timestamp;
use postgres::DatabaseError;
use seal::store::dead_among;
use sqlx::PgConnection;

use super::{App, announce};
use crate::domain::book::{Book, Outcome, Refused, Stamp};
use crate::domain::identifier::{Identifier, IdentifierKey};
use crate::domain::ids::{CustomerId, OrderId, ReturnId};
use crate::domain::order::Order;
use crate::domain::points::phone::Country;
use crate::domain::returns::Return;
use crate::store::segments::evaluations;
use crate::store::{StoreError, order_ids, return_ids};
use people::People;

/// How often a transaction is tried that others get in the way of.
const ATTEMPTS: u32 = 5;

/// An activity and who did it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) who: Who,
    pub(crate) activity: Activity,
}

/// By what a customer is named.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    Customer(CustomerId),
    /// Whoever has this identifier; if nobody, a new customer.
    Identified(Newcomer),
}

/// What is known of a customer who is perhaps new.
#[derive(Clone, Debug)]
pub(crate) struct Newcomer {
    pub(crate) key: IdentifierKey,
    pub(crate) verified: bool,
    pub(crate) region_code: String,
}

impl Newcomer {
    /// Somebody who is known by what is stated. A national phone number is of the region's country, else of
    /// `country`.
    pub(crate) fn stated(
        identifier: Identifier,
        region_code: String,
        country: Option<Country>,
    ) -> Self {
        let country = Country::named(&region_code).or(country);
        let IdentifierKey { kind, value, .. } = identifier.key;
        Self {
            key: IdentifierKey::stated(kind, value, country),
            verified: identifier.verified,
            region_code,
        }
    }
}

/// What a customer did.
#[derive(Clone, Debug)]
pub(crate) enum Activity {
    Order(Order),
    Return(Return),
}

impl Activity {
    /// What it is called in metrics.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Return(_) => "return",
        }
    }

    /// The order that it is or is about.
    pub(crate) fn order_id(&self) -> &OrderId {
        match self {
            Self::Order(order) => &order.id,
            Self::Return(content) => &content.order_id,
        }
    }

    /// When it happened.
    pub(crate) fn time(&self) -> Timestamp {
        match self {
            Self::Order(order) => order.time,
            Self::Return(content) => content.time,
        }
    }

    /// Its id, when it is a return.
    pub(crate) fn return_id(&self) -> Option<&ReturnId> {
        match self {
            Self::Order(_) => None,
            Self::Return(content) => Some(&content.id),
        }
    }
}

/// What became of an item that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) customer: CustomerId,
    pub(crate) outcome: Outcome,
}

/// What became of an item.
pub(crate) type Verdict = Result<Recorded, Refused>;

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IntakeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error("an identifier changed hands while its owner was looked up")]
    IdentifierVanished,
    #[error("customers were joined or parted while they were looked up")]
    Regrouped,
}

impl IntakeError {
    /// True when another transaction was in the way, and the same may succeed at once.
    pub(super) fn is_race(&self) -> bool {
        match self {
            Self::IdentifierVanished | Self::Regrouped | Self::Store(StoreError::Regrouped) => true,
            Self::Store(StoreError::Database(error))
            | Self::Outbox(OutboxError::Database(error)) => {
                error.is_serialization_or_deadlock()
                    || error.is_unique_violation(order_ids::UNIQUE)
                    || error.is_unique_violation(return_ids::UNIQUE)
            }
            Self::Store(
                StoreError::Corrupt(_) | StoreError::Unreadable(_) | StoreError::Seal(_),
            )
            | Self::Outbox(OutboxError::TooLarge { .. }) => false,
        }
    }
}

impl From<DatabaseError> for IntakeError {
    fn from(error: DatabaseError) -> Self {
        Self::Store(error.into())
    }
}

impl From<sqlx::Error> for IntakeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl App {
    /// Records the items. `view` sees the records as they are then, before they are closed.
    pub(crate) async fn record<T>(
        &self,
        deadline: Deadline,
        items: &[Item],
        view: impl Fn(&Book) -> T,
    ) -> Result<(Vec<Verdict>, T), IntakeError> {
        let mut attempt = 1;
        loop {
            match self.try_record(deadline, items, &view).await {
                Err(error) if error.is_race() && attempt < ATTEMPTS => attempt += 1,
                done => return done,
            }
        }
    }

    async fn try_record<T>(
        &self,
        deadline: Deadline,
        items: &[Item],
        view: impl Fn(&Book) -> T,
    ) -> Result<(Vec<Verdict>, T), IntakeError> {
        let mut tx = self.db.begin_with_deadline(deadline.remaining()).await?;
        let people = People::find(self, &mut tx, items.iter().map(|item| &item.who)).await?;
        let mut book = load::book(&mut tx, items, &people).await?;
        let mut verdicts = self.decide(&mut book, items, &people);
        name_erased(&mut tx, items, &mut verdicts).await?;
        let view = view(&book);
        let changes = book.into_changes();
        if changes.is_empty() {
            // Identifiers that were taken for nothing go with the transaction.
            return Ok((verdicts, view));
        }
        let recorded = items
            .iter()
            .zip(&verdicts)
            .filter(|(_, verdict)| verdict.is_ok());
        let recorded = recorded.map(|(item, _)| (&item.who, item.activity.time()));
        let created = people.create(self, &mut tx, recorded).await?;
        write::changes(&mut tx, &changes).await?;
        let people: Vec<CustomerId> = changes.people.iter().copied().collect();
        evaluations::mark(&mut tx, &people, self.now()).await?;
        let created = created.iter().map(announce::created);
        let events: Vec<_> = created
            .chain(changes.announcements.into_iter().map(announce::activity))
            .collect();
        self.outbox.append_all(&mut tx, &events).await?;
        tx.commit().await?;
        self.outbox.committed();
        Ok((verdicts, view))
    }

    fn decide(&self, book: &mut Book, items: &[Item], people: &People) -> Vec<Verdict> {
        let record_time = self.now();
        let decide = |item: &Item| {
            let customer = match people.admitted(&item.who) {
                Err(Refused::IdentifierShared { kind }) => {
                    let refused = Refused::IdentifierShared { kind };
                    return recorded_before(book, &item.activity).ok_or(refused);
                }
                admitted => admitted?,
            };
            let stamp = Stamp {
                entry_id: self.clock.new_id(),
                record_time,
            };
            let outcome = match &item.activity {
                Activity::Order(order) => book.record_order(customer, order.clone(), stamp),
                Activity::Return(content) => book.record_return(customer, content.clone(), stamp),
            };
            Ok(Recorded {
                customer,
                outcome: outcome?,
            })
        };
        items.iter().map(decide).collect()
    }
}

/// What was recorded of the very same when its identifier still was one person's: whoever did not hear the answer asks
/// again, and is told the same.
fn recorded_before(book: &Book, activity: &Activity) -> Option<Recorded> {
    let customer = match activity {
        Activity::Order(order) => book.has_order(order),
        Activity::Return(content) => book.has_return(content),
    };
    Some(Recorded {
        customer: customer?,
        outcome: Outcome::AlreadyRecorded,
    })
}

/// Tells of customers that are not found whether they were erased.
async fn name_erased(
    connection: &mut PgConnection,
    items: &[Item],
    verdicts: &mut [Verdict],
) -> Result<(), StoreError> {
    let unknown = |(item, verdict): (&Item, &Verdict)| match (&item.who, verdict) {
        (Who::Customer(id), Err(Refused::CustomerNotFound)) => Some(id.0),
        _ => None,
    };
    let ids: Vec<_> = items.iter().zip(&*verdicts).filter_map(unknown).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let dead = dead_among(connection, &ids).await?;
    for (item, verdict) in items.iter().zip(verdicts) {
        if unknown((item, verdict)).is_some_and(|id| dead.contains(&id)) {
            *verdict = Err(Refused::CustomerErased);
        }
    }
    Ok(())
}
