//! Reading. Each takes one connection; its statements end with the call's time.

use chassis::{Deadline, Refusal};
use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

use super::App;
use crate::domain::customer::Customer;
use crate::domain::identity::homes::Homes;
use crate::domain::identity::link::{Link, LinkId};
use crate::domain::identity::source::{Source, SourceId};
use crate::domain::ids::{CustomerId, OrderId};
use crate::domain::order::RecordedOrder;
use crate::domain::returns::RecordedReturn;
use crate::refusals;
use crate::store::orders::After;
use crate::store::timeline::Entry;
use crate::store::{customers, homes, links, orders, returns, sources, timeline};

/// Before the latest activity that there can be.
pub(crate) const LATEST: After = (Timestamp::MAX, Uuid::max());

/// Further ahead than anything that is recorded.
const TOMORROW: SignedDuration = SignedDuration::from_hours(24);

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
    /// Customers that were created before `before`, of one region or of all, the newest first.
    pub(crate) async fn customers(
        &self,
        deadline: Deadline,
        region_code: Option<&str>,
        before: Option<CustomerId>,
        size: u16,
    ) -> Result<Page<Customer>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let found = customers::list(
            &mut tx,
            &self.keyring,
            region_code,
            before,
            with_one_more(size),
        )
        .await?;
        Ok(Page::cut(found, size))
    }

    /// An order of a customer.
    pub(crate) async fn order(
        &self,
        deadline: Deadline,
        customer: CustomerId,
        id: &OrderId,
    ) -> Result<RecordedOrder, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes::homes_of(&mut tx, customer).await?;
        let homes = homes.ok_or_else(refusals::order_not_found)?.ids();
        orders::get(&mut tx, &homes, id)
            .await?
            .ok_or_else(refusals::order_not_found)
    }

    /// What the channels said about a person, in the order of the sources' ids after one.
    pub(crate) async fn sources(
        &self,
        deadline: Deadline,
        (customer, after): (CustomerId, SourceId),
        size: u16,
    ) -> Result<Page<Source>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?.ids();
        let found =
            sources::list(&mut tx, &self.keyring, &homes, after, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// What joins a person's ids to each other and ever joined them to others, the newest first.
    pub(crate) async fn links(
        &self,
        deadline: Deadline,
        (customer, before): (CustomerId, LinkId),
        size: u16,
    ) -> Result<Page<Link>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let homes = homes_of(&mut tx, customer).await?.ids();
        let found =
            links::list(&mut tx, &self.keyring, &homes, before, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// Orders of a customer, the latest first.
    pub(crate) async fn orders(
        &self,
        deadline: Deadline,
        window: Window,
    ) -> Result<Page<RecordedOrder>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let Window {
            customer,
            after,
            size,
        } = window;
        let homes = homes_of(&mut tx, customer).await?.ids();
        let found = orders::list(&mut tx, &homes, after, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// Returns of a customer in every state, the latest first.
    pub(crate) async fn returns(
        &self,
        deadline: Deadline,
        window: Window,
    ) -> Result<Page<RecordedReturn>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let Window {
            customer,
            after,
            size,
        } = window;
        let homes = homes_of(&mut tx, customer).await?.ids();
        let found = returns::list(&mut tx, &homes, after, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }

    /// Everything that a customer did, the latest first.
    pub(crate) async fn timeline(
        &self,
        deadline: Deadline,
        window: Window,
    ) -> Result<Page<Entry>, Refusal> {
        let mut tx = self.snapshot(deadline).await?;
        let Window {
            customer,
            after,
            size,
        } = window;
        let homes = homes_of(&mut tx, customer).await?.ids();
        // Nothing is recorded that lies far ahead; where to begin tells how far back is looked at first.
        let ahead = self
            .now()
            .saturating_add(TOMORROW)
            .unwrap_or(Timestamp::MAX);
        let after = after.min((ahead, Uuid::max()));
        let found = timeline::list(&mut tx, &homes, after, with_one_more(size)).await?;
        Ok(Page::cut(found, size))
    }
}

/// The homes of the person to whom an id leads.
pub(super) async fn homes_of(
    db: &mut PgConnection,
    customer: CustomerId,
) -> Result<Homes, Refusal> {
    let homes = homes::homes_of(db, customer).await?;
    homes.ok_or_else(refusals::customer_not_found)
}
