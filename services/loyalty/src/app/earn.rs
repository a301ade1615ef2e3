//! Becoming a member and earning points with orders, many at a time.

use std::collections::{BTreeMap, HashSet};

use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::books::{Books, Need, Posted};
use super::{AppError, Loyalty, enrol};
use crate::domain::ledger::{Cause, Earning, LotTerms, State, earn};
use crate::domain::{Purchase, Sale};
use crate::store::programs::{self, Dated};
use crate::store::sales::{self, NewSale};
use crate::wire;

/// Customers and orders that are taken into account together, in a few statements however many
/// they are. Beside each stands the trace of the request that caused it.
#[derive(Debug, Default)]
pub(crate) struct Batch<'a> {
    customers: BTreeMap<Uuid, &'a str>,
    purchases: Vec<(Purchase, &'a str)>,
}

impl<'a> Batch<'a> {
    /// A customer, who becomes a member.
    pub(crate) fn join(&mut self, customer_id: Uuid, trace: &'a str) {
        self.customers.entry(customer_id).or_insert(trace);
    }

    /// An order, later than those of the same customer that are here already. Who is no member yet
    /// becomes one: an order may be heard of before the customer is.
    pub(crate) fn buy(&mut self, purchase: Purchase, trace: &'a str) {
        self.join(purchase.customer_id, trace);
        self.purchases.push((purchase, trace));
    }

    /// Whether it has to do with the customer.
    pub(crate) fn concerns(&self, customer_id: Uuid) -> bool {
        self.customers.contains_key(&customer_id)
    }
}

/// Takes a batch into account: customers become members; orders are recorded as sales and earn, by
/// the rules in force when they were bought. An order that has a sale already earns nothing again;
/// one of a membership that has ended never does, and leaves no sale for a return to find.
pub(crate) async fn record(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    batch: Batch<'_>,
) -> Result<(), AppError> {
    if batch.customers.is_empty() {
        return Ok(());
    }
    let mut books = admit(loyalty, tx, &batch).await?;
    let mut new = Vec::new();
    if !batch.purchases.is_empty() {
        let mut shelf = Shelf::open(tx, &books, &batch).await?;
        for (purchase, trace) in &batch.purchases {
            new.extend(shelf.enter(&mut books, purchase, trace)?);
        }
    }
    if !new.is_empty() {
        sales::insert_all(tx, &new, books.now()).await?;
    }
    books.write(tx).await
}

/// Locks those who have bought, and makes members of all who are none.
async fn admit(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    batch: &Batch<'_>,
) -> Result<Books, AppError> {
    let buyers: Vec<Uuid> = batch.purchases.iter().map(|(p, _)| p.customer_id).collect();
    let needs: Vec<Need> = buyers.into_iter().map(Need::of).collect();
    let mut books = Books::open(loyalty, tx, &needs).await?;
    let mut strangers = batch.customers.clone();
    strangers.retain(|customer_id, _| books.holder(*customer_id).is_err());
    for event in enrol::enrol_all(loyalty, tx, &strangers).await? {
        books.announce(event);
    }
    books.reach(loyalty, tx, &needs).await?;
    Ok(books)
}

/// What decisions about orders need besides the books.
struct Shelf {
    programs: Vec<Dated>,
    known: HashSet<(Uuid, String)>,
}

impl Shelf {
    async fn open(
        tx: &mut PgTransaction<'_>,
        books: &Books,
        batch: &Batch<'_>,
    ) -> Result<Self, AppError> {
        let mut program_ids = Vec::new();
        for (purchase, _) in &batch.purchases {
            let program = &books.holder(purchase.customer_id)?.program;
            program_ids.push(program.program_id.as_str());
        }
        program_ids.sort_unstable();
        program_ids.dedup();
        let programs = programs::histories(&mut **tx, &program_ids).await?;
        let orders = batch.purchases.iter();
        let orders = orders.map(|(order, _)| (order.customer_id, order.order_id.as_str()));
        let known = sales::known(tx, orders).await?;
        Ok(Self { programs, known })
    }

    /// Decides about the next order.
    fn enter(
        &mut self,
        books: &mut Books,
        purchase: &Purchase,
        trace: &str,
    ) -> Result<Option<NewSale>, AppError> {
        let customer_id = purchase.customer_id;
        let wallet = books.wallet(customer_id, None)?;
        let order = (customer_id, purchase.order_id.clone());
        if wallet.state() == State::Closed || !self.known.insert(order) {
            return Ok(None);
        }
        let program_id = books.holder(customer_id)?.program.program_id.clone();
        let program = programs::at(&self.programs, &program_id, purchase.ordered_at);
        let program = program.ok_or_else(|| AppError::ProgramNotFound {
            program_id: program_id.clone(),
        })?;
        let mut sale = Sale::of(purchase, program)?;
        let earning = earning(&sale, purchase, books.now());
        let policies = program.policies();
        let earned = books.decide(|occasion| earn(wallet, earning, &policies, occasion))?;
        sale.lot_id = earned.as_ref().map(|earned| earned.lot_id);
        if let Some(earned) = earned {
            let event = wire::earned(customer_id, &sale, &earned);
            let event = NewEvent::about(customer_id, Some(customer_id), &event);
            books.announce(event.in_trace(trace));
            books.post(Posted::new(customer_id, earned.posting))?;
        }
        Ok(Some(NewSale {
            customer_id,
            program_id,
            sale,
        }))
    }
}

fn earning<'a>(sale: &Sale, purchase: &'a Purchase, now: Timestamp) -> Earning<'a> {
    Earning {
        points: sale.earned,
        terms: LotTerms {
            active_at: Some(purchase.ordered_at.min(now)),
            ..LotTerms::default()
        },
        cause: Cause {
            reference: &purchase.order_id,
            effective_at: purchase.ordered_at,
        },
    }
}
