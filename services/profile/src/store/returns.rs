//! Returns.

mod row;

use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use row::{FateColumns, LineRow, ReturnRow};

use super::orders::After;
use super::{StoreError, documents, texts};
use crate::domain::returns::RecordedReturn;

/// Reads the returns of these ids, whosever they are.
pub(crate) async fn get_many(
    connection: &mut PgConnection,
    ids: &[&str],
) -> Result<Vec<RecordedReturn>, StoreError> {
    let rows = sqlx::query_as!(
        ReturnRow,
        r#"SELECT returns.customer_id, returns.return_id, order_id, entry_id, return_time, reason,
                  told_currency, lines AS "lines: _", state, reject_reason, refunds AS "refunds: _",
                  currency, record_time
           FROM return_ids JOIN returns USING (customer_id, return_id)
           WHERE return_ids.return_id = ANY($1)"#,
        ids as &[&str],
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ReturnRow::into_domain).collect()
}

/// Reads the returns that wait for these orders, whosever they are.
pub(crate) async fn get_awaiting(
    connection: &mut PgConnection,
    orders: &[&str],
) -> Result<Vec<RecordedReturn>, StoreError> {
    let rows = sqlx::query_as!(
        ReturnRow,
        r#"SELECT customer_id, return_id, order_id, entry_id, return_time, reason, told_currency,
                  lines AS "lines: _", state, reject_reason, refunds AS "refunds: _", currency,
                  record_time
           FROM returns WHERE order_id = ANY($1) AND state = 'awaiting_order'"#,
        orders as &[&str],
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ReturnRow::into_domain).collect()
}

/// The latest `limit` of a person with these homes, after a place in the list.
pub(crate) async fn list(
    connection: &mut PgConnection,
    homes: &[Uuid],
    (time, entry): After,
    limit: i64,
) -> Result<Vec<RecordedReturn>, StoreError> {
    let rows = sqlx::query_as!(
        ReturnRow,
        r#"SELECT customer_id, return_id, order_id, entry_id, return_time, reason, told_currency,
                  lines AS "lines: _", state, reject_reason, refunds AS "refunds: _", currency,
                  record_time
           FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
               SELECT * FROM returns
               WHERE customer_id = home AND (return_time, entry_id) < ($2, $3)
               ORDER BY return_time DESC, entry_id DESC LIMIT $4
           ) AS latest
           ORDER BY return_time DESC, entry_id DESC LIMIT $4"#,
        homes,
        time.to_sqlx(),
        entry,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ReturnRow::into_domain).collect()
}

/// The latest `limit` in effect of a person with these homes, after a place in the timeline.
pub(crate) async fn list_applied(
    connection: &mut PgConnection,
    homes: &[Uuid],
    (time, entry): After,
    limit: i64,
) -> Result<Vec<RecordedReturn>, StoreError> {
    let rows = sqlx::query_as!(
        ReturnRow,
        r#"SELECT customer_id, return_id, order_id, entry_id, return_time, reason, told_currency,
                  lines AS "lines: _", state, reject_reason, refunds AS "refunds: _", currency,
                  record_time
           FROM unnest($1::uuid[]) AS homes (home) CROSS JOIN LATERAL (
               SELECT * FROM returns
               WHERE customer_id = home AND (return_time, entry_id) < ($2, $3)
                 AND state = 'applied'
               ORDER BY return_time DESC, entry_id DESC LIMIT $4
           ) AS latest
           ORDER BY return_time DESC, entry_id DESC LIMIT $4"#,
        homes,
        time.to_sqlx(),
        entry,
        limit,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ReturnRow::into_domain).collect()
}

/// Adds returns.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    returns: &[RecordedReturn],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = returns.iter().map(|new| new.customer.0).collect();
    let entries: Vec<Uuid> = returns.iter().map(|new| new.entry_id).collect();
    let times: Vec<_> = returns
        .iter()
        .map(|new| new.content.time.to_sqlx())
        .collect();
    let told: Vec<_> = returns
        .iter()
        .map(|new| Some(new.content.currency?.code()))
        .collect();
    let record_times: Vec<_> = returns
        .iter()
        .map(|new| new.record_time.to_sqlx())
        .collect();
    let fates = FateColumns::of(returns);
    sqlx::query!(
        "INSERT INTO returns (customer_id, return_id, order_id, entry_id, return_time, reason,
                              told_currency, lines, state, reject_reason, refunds, currency,
                              record_time)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[],
                              $6::text[], $7::text[], $8::jsonb[], $9::text[], $10::text[],
                              $11::jsonb[], $12::text[], $13::timestamptz[])",
        &customers,
        &texts(returns, |new| &new.content.id.0) as &[&str],
        &texts(returns, |new| &new.content.order_id.0) as &[&str],
        &entries,
        &times,
        &texts(returns, |new| &new.content.reason) as &[&str],
        &told as &[Option<&str>],
        documents(returns, |new| LineRow::all_of(&new.content.lines)) as _,
        &fates.states as &[&str],
        &fates.reject_reasons as &[Option<&str>],
        fates.refunds as _,
        &fates.currencies as &[Option<&str>],
        &record_times,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes what became of returns that had waited, under the home where they are kept from now on. The
/// register still says where they were.
pub(crate) async fn update_fates(
    connection: &mut PgConnection,
    returns: &[RecordedReturn],
) -> Result<(), StoreError> {
    let customers: Vec<Uuid> = returns.iter().map(|settled| settled.customer.0).collect();
    let fates = FateColumns::of(returns);
    sqlx::query!(
        "UPDATE returns SET customer_id = new.customer_id, state = new.state,
                            reject_reason = new.reject_reason, refunds = new.refunds,
                            currency = new.currency
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[], $6::text[])
             AS new (customer_id, return_id, state, reject_reason, refunds, currency)
         JOIN return_ids ON return_ids.return_id = new.return_id
         WHERE returns.customer_id = return_ids.customer_id AND returns.return_id = new.return_id",
        &customers,
        &texts(returns, |settled| &settled.content.id.0) as &[&str],
        &fates.states as &[&str],
        &fates.reject_reasons as &[Option<&str>],
        fates.refunds as _,
        &fates.currencies as &[Option<&str>],
    )
    .execute(connection)
    .await?;
    Ok(())
}
