//! The latest orders of a person, one after the other.

use futures_util::{Stream, TryStreamExt as _, future};
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::OrderRow;
use crate::domain::order::RecordedOrder;
use crate::store::StoreError;

/// The latest `limit` of a person with these homes, the latest first.
///
/// Each home gives its own latest from the index. The instant of the last of them is asked for first, which the index
/// knows alone: of a customer with very many orders PostgreSQL would else read and sort all of them, since it
/// takes everybody to have about as many.
pub(crate) fn latest(
    connection: &mut PgConnection,
    homes: &[Uuid],
    limit: i64,
) -> impl Stream<Item = Result<RecordedOrder, StoreError>> {
    let rows = sqlx::query_as!(
        OrderRow,
        r#"SELECT customer_id, order_id, entry_id, channel, store_id, order_time, currency,
                  total_minor, lines AS "lines: _", returned AS "returned: _", record_time
           FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
               SELECT * FROM orders
               WHERE customer_id = home AND order_time >= coalesce((
                   SELECT order_time FROM orders WHERE customer_id = home
                   ORDER BY order_time DESC OFFSET $2::bigint - 1 LIMIT 1
               ), '-infinity')
               ORDER BY order_time DESC, entry_id DESC LIMIT $2
           ) AS latest
           ORDER BY order_time DESC, entry_id DESC LIMIT $2"#,
        homes,
        limit,
    )
    .fetch(connection);
    rows.map_err(StoreError::from)
        .and_then(|row| future::ready(row.into_domain()))
}
