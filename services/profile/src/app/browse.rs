//! Reading. Each takes one connection; its statements end with the call's time.

use chassis::{Deadline, Refusal};
use jiff::Timestamp;
use uuid::Uuid;

use super::App;
use crate::domain::customer::Customer;
use crate::domain::identifier::IdentifierKey;
use crate::domain::ids::{CustomerId, OrderId};
use crate::domain::order::RecordedOrder;
use crate::domain::returns::RecordedReturn;
use crate::domain::traits::Traits;
use crate::refusals;
use crate::store::orders::After;
use crate::store::timeline::Entry;
use crate::store::{customers, orders, returns, timeline, traits};

/// Before the latest activity that there can be.
pub(crate) const LATEST: After = (Timestamp::MAX, Uuid::max());

/// A part of a list, and whether more follows.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) has_more: bool,
}

/// Asks for some of a customer's activities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) customer: CustomerId,
    pub(crate) after: After,
    pub(crate) size: u16,
}

/// One row more than the page shows tells whether there is another page.
pub(super) fn with_one_more(size: u16) -> i64 {
    i64::from(size).saturating_add(1)
}

impl<T> Page<T> {
    pub(super) fn cut(mut items: Vec<T>, size: u16) -> Self {
        let has_more = items.len() > usize::from(size);
        items.truncate(size.into());
        Self { items, has_more }
    }
}

impl App {
    /// A customer.
    pub(crate) async fn customer(
        &self,
        deadline: Deadline,
        id: CustomerId,
    ) -> Result<Customer, Refusal> {
        let mut tx = self.begin(deadline).await?;
        customers::get(&mut tx, id)
            .await?
            .ok_or_else(refusals::customer_not_found)
    }

    /// The customer whom an identifier belongs to.
    pub(crate) async fn customer_known_as(
        &self,
        deadline: Deadline,
        key: &IdentifierKey,
    ) -> Result<Customer, Refusal> {
        let mut tx = self.begin(deadline).await?;
        customers::find(&mut tx, key)
            .await?
            .ok_or_else(refusals::customer_not_found)
    }

    /// Customers that were created before `before`, of one region or of all, the newest first.
    pub(crate) async fn customers(
        &self,
        deadline: Deadline,
        region_code: Option<&str>,
        before: Option<CustomerId>,
        size: u16,
    ) -> Result<Page<Customer>, Refusal> {
        let mut tx = self.begin(deadline).await?;
        let found = customers::list(&mut tx, region_code, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// What a customer's activity adds up to.
    pub(crate) async fn traits(
        &self,
        deadline: Deadline,
        id: CustomerId,
    ) -> Result<Traits, Refusal> {
        let mut tx = self.begin(deadline).await?;
        traits::get(&mut tx, id)
            .await?
            .ok_or_else(refusals::customer_not_found)
    }

    /// An order of a customer.
    pub(crate) async fn order(
        &self,
        deadline: Deadline,
        customer: CustomerId,
        id: &OrderId,
    ) -> Result<RecordedOrder, Refusal> {
        let mut tx = self.begin(deadline).await?;
        orders::get(&mut tx, customer, id)
            .await?
            .ok_or_else(refusals::order_not_found)
    }

    /// Orders of a customer, the latest first.
    pub(crate) async fn orders(
        &self,
        deadline: Deadline,
        window: Window,
    ) -> Result<Page<RecordedOrder>, Refusal> {
        let mut tx = self.begin(deadline).await?;
        let Window {
            customer,
            after,
            size,
        } = window;
        let found = orders::list(&mut tx, customer, after, with_one_more(size)).await?;
        explain_emptiness(&mut tx, customer, found.is_empty()).await?;
        Ok(Page::cut(found, size))
    }

    /// Returns of a customer in every state, the latest first.
    pub(crate) async fn returns(
        &self,
        deadline: Deadline,
        window: Window,
    ) -> Result<Page<RecordedReturn>, Refusal> {
        let mut tx = self.begin(deadline).await?;
        let Window {
            customer,
            after,
            size,
        } = window;
        let found = returns::list(&mut tx, customer, after, with_one_more(size)).await?;
        explain_emptiness(&mut tx, customer, found.is_empty()).await?;
        Ok(Page::cut(found, size))
    }

    /// Everything that a customer did, the latest first.
    pub(crate) async fn timeline(
        &self,
        deadline: Deadline,
        window: Window,
    ) -> Result<Page<Entry>, Refusal> {
        let mut tx = self.begin(deadline).await?;
        let Window {
            customer,
            after,
            size,
        } = window;
        let found = timeline::list(&mut tx, customer, after, with_one_more(size)).await?;
        explain_emptiness(&mut tx, customer, found.is_empty()).await?;
        Ok(Page::cut(found, size))
    }
}

/// An empty list of somebody unknown is NOT_FOUND. Asked only then, so that a list that is not empty
/// costs nothing more.
async fn explain_emptiness(
    connection: &mut sqlx::PgConnection,
    customer: CustomerId,
    is_empty: bool,
) -> Result<(), Refusal> {
    if is_empty && !customers::exists(connection, customer).await? {
        return Err(refusals::customer_not_found());
    }
    Ok(())
}
