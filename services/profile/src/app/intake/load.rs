//! Locks and reads what a batch touches.

use std::collections::BTreeSet;

use sqlx::PgConnection;
use uuid::Uuid;

use super::people::People;
use super::{IntakeError, Item};
use crate::domain::book::Book;
use crate::domain::ids::{CustomerId, OrderId};
use crate::store::{StoreError, order_ids, orders, returns, traits};

/// The book of a batch. The order of the steps is the order of the locks.
pub(super) async fn book(
    connection: &mut PgConnection,
    items: &[Item],
    people: &People,
) -> Result<Book, IntakeError> {
    let mut book = Book::default();
    load_customers(connection, &mut book, items, people).await?;
    load_orders(connection, &mut book, items).await?;
    load_returns(connection, &mut book, items).await?;
    Ok(book)
}

async fn load_customers(
    connection: &mut PgConnection,
    book: &mut Book,
    items: &[Item],
    people: &People,
) -> Result<(), IntakeError> {
    let new = people.to_be_made();
    let all: BTreeSet<CustomerId> = items
        .iter()
        .filter_map(|item| people.of(&item.who))
        .collect();
    let stored: Vec<Uuid> = all.difference(&new).map(|id| id.0).collect();
    if !stored.is_empty() {
        lock_people(connection, book, &stored).await?;
    }
    for id in new {
        book.open_customer(id);
    }
    Ok(())
}

/// Locks those whom these ids lead to, and opens the accounts of all ids that lead there.
async fn lock_people(
    connection: &mut PgConnection,
    book: &mut Book,
    ids: &[Uuid],
) -> Result<(), IntakeError> {
    let mut joined = Vec::new();
    for (homes, traits) in traits::lock(connection, ids).await? {
        book.load_customer(homes.profile, traits);
        for id in homes.absorbed {
            book.join(id, homes.profile);
            joined.push(id.0);
        }
    }
    if !joined.is_empty() {
        for (id, traits) in traits::of(connection, &joined).await? {
            book.load_customer(id, traits);
        }
    }
    let has_account = |id: &&Uuid| book.has_customer(CustomerId(**id));
    let without: Vec<Uuid> = ids.iter().filter(|id| !has_account(id)).copied().collect();
    if !without.is_empty() && !traits::of(connection, &without).await?.is_empty() {
        return Err(IntakeError::Regrouped);
    }
    Ok(())
}

async fn load_orders(
    connection: &mut PgConnection,
    book: &mut Book,
    items: &[Item],
) -> Result<(), StoreError> {
    let named: BTreeSet<&OrderId> = items.iter().map(|item| item.activity.order_id()).collect();
    let named: Vec<String> = named.into_iter().map(|id| id.0.clone()).collect();
    let registered = order_ids::lock(connection, &named).await?;
    let mut recorded = Vec::new();
    let mut expected = Vec::new();
    for (id, owner) in &registered {
        match owner {
            Some(customer) => recorded.push((*customer, id)),
            None => expected.push(id.0.as_str()),
        }
    }
    if !recorded.is_empty() {
        for order in orders::get_many(connection, &recorded).await? {
            book.load_order(order);
        }
    }
    if !expected.is_empty() {
        for id in &expected {
            book.load_expected(OrderId((*id).to_owned()));
        }
        for waiting in returns::get_awaiting(connection, &expected).await? {
            book.load_return(waiting);
        }
    }
    Ok(())
}

async fn load_returns(
    connection: &mut PgConnection,
    book: &mut Book,
    items: &[Item],
) -> Result<(), StoreError> {
    let named: BTreeSet<_> = items
        .iter()
        .filter_map(|item| item.activity.return_id())
        .collect();
    let unread = named
        .into_iter()
        .filter(|id| book.recorded_return(id).is_none());
    let unread: Vec<_> = unread.map(|id| id.0.as_str()).collect();
    if !unread.is_empty() {
        for stored in returns::get_many(connection, &unread).await? {
            book.load_return(stored);
        }
    }
    Ok(())
}
