//! Becoming a member and earning points with orders, many at a time.

use std::collections::{BTreeMap, HashSet};

use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{AppError, DEFAULT_PROGRAM, Loyalty, enrol};
use crate::domain::{self, Cause, Earned, Earning, Posting, Purchase, Sale, State};
use crate::store::ledger;
use crate::store::members::{self, Locked};
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
    let (members, mut announcements) = admit(loyalty, tx, &batch).await?;
    if !batch.purchases.is_empty() {
        let mut books = Books::open(loyalty, tx, members, &batch).await?;
        for (purchase, trace) in batch.purchases {
            books.enter(loyalty, &purchase, trace)?;
        }
        announcements.append(&mut books.announcements);
        books.write(tx).await?;
    }
    loyalty.outbox.append_all(tx, &announcements).await?;
    Ok(())
}

/// Locks those who have bought, and makes members of all who are none.
async fn admit(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    batch: &Batch<'_>,
) -> Result<(BTreeMap<Uuid, Locked>, Vec<NewEvent>), AppError> {
    let mut buyers: Vec<Uuid> = batch.purchases.iter().map(|(p, _)| p.customer_id).collect();
    buyers.sort_unstable();
    buyers.dedup();
    let mut members = if buyers.is_empty() {
        BTreeMap::new()
    } else {
        members::lock_all(tx, &buyers).await?
    };
    let mut strangers = batch.customers.clone();
    strangers.retain(|customer_id, _| !members.contains_key(customer_id));
    let announcements = enrol::enrol_all(loyalty, tx, &strangers).await?;
    buyers.retain(|customer_id| !members.contains_key(customer_id));
    if !buyers.is_empty() {
        members.append(&mut members::lock_all(tx, &buyers).await?);
    }
    Ok((members, announcements))
}

/// The members of a batch as they stand after each order, and what there is to write of them.
struct Books {
    now: Timestamp,
    members: BTreeMap<Uuid, Locked>,
    programs: Vec<Dated>,
    known: HashSet<(Uuid, String)>,
    sales: Vec<NewSale>,
    postings: BTreeMap<Uuid, Vec<Posting>>,
    announcements: Vec<NewEvent>,
}

impl Books {
    /// Reads what the decisions need. The members are locked.
    async fn open(
        loyalty: &Loyalty,
        tx: &mut PgTransaction<'_>,
        members: BTreeMap<Uuid, Locked>,
        batch: &Batch<'_>,
    ) -> Result<Self, AppError> {
        let mut program_ids: Vec<&str> = members.values().map(|m| m.program_id.as_str()).collect();
        program_ids.sort_unstable();
        program_ids.dedup();
        let programs = programs::histories(&mut **tx, &program_ids).await?;
        let orders = batch.purchases.iter();
        let orders = orders.map(|(order, _)| (order.customer_id, order.order_id.as_str()));
        let known = sales::known(tx, orders).await?;
        Ok(Self {
            now: loyalty.now(),
            members,
            programs,
            known,
            sales: Vec::new(),
            postings: BTreeMap::new(),
            announcements: Vec::new(),
        })
    }

    /// Decides about the next order.
    fn enter(
        &mut self,
        loyalty: &Loyalty,
        purchase: &Purchase,
        trace: &str,
    ) -> Result<(), AppError> {
        let customer_id = purchase.customer_id;
        let not_found = |program_id: &str| AppError::ProgramNotFound {
            program_id: program_id.to_owned(),
        };
        let member = self.members.get_mut(&customer_id);
        let member = member.ok_or_else(|| not_found(DEFAULT_PROGRAM))?;
        let order = (customer_id, purchase.order_id.clone());
        if member.wallet.state == State::Closed || !self.known.insert(order) {
            return Ok(());
        }
        let program_id = member.program_id.clone();
        let program = programs::at(&self.programs, &program_id, purchase.ordered_at);
        let mut sale = Sale::of(purchase, program.ok_or_else(|| not_found(&program_id))?)?;
        let cause = Cause {
            reference: &purchase.order_id,
            effective_at: purchase.ordered_at,
        };
        let earning = Earning {
            points: sale.earned,
            cause,
        };
        let earned = loyalty.decide(self.now, |occasion| {
            domain::earn(member.wallet.clone(), earning, occasion)
        })?;
        sale.lot_id = earned.as_ref().map(|earned| earned.lot_id);
        if let Some(earned) = earned {
            member.wallet = earned.posting.wallet.clone();
            self.earn(customer_id, &sale, earned, trace);
        }
        self.sales.push(NewSale {
            customer_id,
            program_id,
            sale,
        });
        Ok(())
    }

    fn earn(&mut self, customer_id: Uuid, sale: &Sale, earned: Earned, trace: &str) {
        let event = wire::earned(customer_id, sale, &earned);
        let event = NewEvent::about(customer_id, Some(customer_id), &event);
        self.announcements.push(event.in_trace(trace));
        let postings = self.postings.entry(customer_id).or_default();
        postings.push(earned.posting);
    }

    /// Writes what was decided, short of the announcements.
    async fn write(self, tx: &mut PgTransaction<'_>) -> Result<(), AppError> {
        if !self.sales.is_empty() {
            sales::insert_all(tx, &self.sales, self.now).await?;
        }
        if !self.postings.is_empty() {
            let postings = self.postings.iter();
            let postings: Vec<ledger::Postings<'_>> =
                postings.map(|(id, all)| (*id, all.as_slice())).collect();
            ledger::post_all(tx, &postings).await?;
        }
        Ok(())
    }
}
