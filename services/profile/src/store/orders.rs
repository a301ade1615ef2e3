//! Orders.

mod latest;
mod row;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use row::{LineRow, OrderRow, returned_of};

use super::{StoreError, documents, texts};
use crate::domain::ids::{CustomerId, OrderId};
use crate::domain::order::RecordedOrder;
pub(crate) use latest::latest;

/// Before every instant that the contract knows; PostgreSQL has none as early as ours.
const BEFORE_ALL: Timestamp = Timestamp::constant(-62_135_596_801, 0);

/// Where a page of a customer's activities goes on: after this time and entry, backwards in time.
pub(crate) type After = (Timestamp, Uuid);

/// Reads one of those that are kept under these homes.
pub(crate) async fn get(
    connection: &mut PgConnection,
    homes: &[Uuid],
    id: &OrderId,
) -> Result<Option<RecordedOrder>, StoreError> {
    let row = sqlx::query_as!(
        OrderRow,
        r#"SELECT customer_id, order_id, entry_id, channel, store_id, order_time, currency,
                  total_minor, lines AS "lines: _", returned AS "returned: _", record_time
           FROM orders WHERE customer_id = ANY ($1) AND order_id = $2"#,
        homes,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    row.map(OrderRow::into_domain).transpose()
}

/// Reads those that exist.
pub(crate) async fn get_many(
    connection: &mut PgConnection,
    wanted: &[(CustomerId, &OrderId)],
) -> Result<Vec<RecordedOrder>, StoreError> {
    let customers: Vec<Uuid> = wanted.iter().map(|(customer, _)| customer.0).collect();
    let ids: Vec<&str> = wanted.iter().map(|(_, id)| id.0.as_str()).collect();
    let rows = sqlx::query_as!(
        OrderRow,
        r#"SELECT orders.customer_id, orders.order_id, entry_id, channel, store_id, order_time,
                  currency, total_minor, lines AS "lines: _", returned AS "returned: _", record_time
           FROM unnest($1::uuid[], $2::text[]) AS wanted (customer_id, order_id)
           JOIN orders USING (customer_id, order_id)"#,
        &customers,
        &ids as &[&str],
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(OrderRow::into_domain).collect()
}

/// The latest `limit` of a person with these homes, after a place in the list.
///
/// Each home gives its own latest from the index; the page is among them.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    (time, entry): After,
    limit: i64,
) -> Result<Vec<RecordedOrder>, StoreError> {
    let rows = sqlx::query_as!(
        OrderRow,
        r#"SELECT customer_id, order_id, entry_id, channel, store_id, order_time, currency,
                  total_minor, lines AS "lines: _", returned AS "returned: _", record_time
           FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
               SELECT * FROM orders
               WHERE customer_id = home AND (order_time, entry_id) < ($2, $3)
               ORDER BY order_time DESC, entry_id DESC LIMIT $4
           ) AS latest
           ORDER BY order_time DESC, entry_id DESC LIMIT $4"#,
        homes,
        time.to_sqlx(),
        entry,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(OrderRow::into_domain).collect()
}

/// Adds orders.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    orders: &[RecordedOrder],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = orders.iter().map(|new| new.customer.0).collect();
    let ids = texts(orders, |new| &new.order.id.0);
    let entries: Vec<Uuid> = orders.iter().map(|new| new.entry_id).collect();
    let channels = texts(orders, |new| &new.order.channel);
    let stores = texts(orders, |new| &new.order.store_id);
    let times: Vec<_> = orders.iter().map(|new| new.order.time.to_sqlx()).collect();
    let currencies = texts(orders, |new| new.order.currency.code());
    let totals: Vec<i64> = orders.iter().map(|new| new.order.total).collect();
    let record_times: Vec<_> = orders.iter().map(|new| new.record_time.to_sqlx()).collect();
    sqlx::query!(
        "INSERT INTO orders (customer_id, order_id, entry_id, channel, store_id, order_time,
                             currency, total_minor, lines, returned, record_time)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[],
                              $6::timestamptz[], $7::text[], $8::bigint[], $9::jsonb[],
                              $10::jsonb[], $11::timestamptz[])",
        &customers,
        &ids as &[&str],
        &entries,
        &channels as &[&str],
        &stores as &[&str],
        &times,
        &currencies as &[&str],
        &totals,
        documents(orders, |new| LineRow::all_of(&new.order.lines)) as _,
        documents(orders, |new| returned_of(&new.returned)) as _,
        &record_times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what came back of orders that are locked.
pub(crate) async fn update_returned(
    connection: &mut PgConnection,
    orders: &[RecordedOrder],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = orders.iter().map(|changed| changed.customer.0).collect();
    let ids = texts(orders, |changed| &changed.order.id.0);
    sqlx::query!(
        "UPDATE orders SET returned = new.returned
         FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) AS new (customer_id, order_id, returned)
         WHERE orders.customer_id = new.customer_id AND orders.order_id = new.order_id",
        &customers,
        &ids as &[&str],
        documents(orders, |changed| returned_of(&changed.returned)) as _,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The latest `limit` after an instant of each of these homes.
pub(crate) async fn since(
    connection: &mut PgConnection,
    homes: &[Uuid],
    after: Timestamp,
    limit: i64,
) -> Result<Vec<RecordedOrder>, StoreError> {
    let after = after.max(BEFORE_ALL);
    let rows = sqlx::query_as!(
        OrderRow,
        r#"SELECT customer_id, order_id, entry_id, channel, store_id, order_time, currency,
                  total_minor, lines AS "lines: _", returned AS "returned: _", record_time
           FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
               SELECT * FROM orders WHERE customer_id = home AND order_time > $2
               ORDER BY order_time DESC, entry_id DESC LIMIT $3
           ) AS latest"#,
        homes,
        after.to_sqlx(),
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(OrderRow::into_domain).collect()
}
