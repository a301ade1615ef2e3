//! Purchases.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::documents::{LineDocument, read, write_all};
use crate::domain::Currency;
use crate::domain::sales::Sale;
use crate::store::StoreError;

/// Purchases by member and order.
pub(crate) type Sales = HashMap<(Uuid, String), Sale>;

struct Row {
    customer_id: Uuid,
    order_id: String,
    channel: String,
    store: String,
    ordered_at: jiff_sqlx::Timestamp,
    currency_code: String,
    lines: Value,
}

impl TryFrom<Row> for Sale {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let lines: Vec<LineDocument> = read(row.lines)?;
        Ok(Self {
            customer_id: row.customer_id,
            order_id: row.order_id,
            channel: row.channel,
            store: row.store,
            ordered_at: row.ordered_at.to_jiff(),
            currency: Currency::parse(&row.currency_code)?,
            lines: lines.into_iter().map(Into::into).collect(),
        })
    }
}

/// Those of these orders that are known. To change them their members must be locked.
pub(crate) async fn of_orders(
    db: &mut PgConnection,
    orders: impl Iterator<Item = (Uuid, &str)>,
) -> Result<Sales, StoreError> {
    let (customers, ids): (Vec<Uuid>, Vec<&str>) = orders.unzip();
    if ids.is_empty() {
        return Ok(Sales::new());
    }
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT s.customer_id, s.order_id, s.channel, s.store, s.ordered_at, s.currency_code, s.lines
        FROM unnest($1::uuid[], $2::text[]) AS asked(customer_id, order_id)
        JOIN sales s USING (customer_id, order_id)
        "#,
        &customers,
        &ids as _,
    )
    .fetch_all(db)
    .await?;
    let sales = rows.into_iter().map(|row| {
        let sale = Sale::try_from(row)?;
        Ok(((sale.customer_id, sale.order_id.clone()), sale))
    });
    sales.collect()
}

/// Purchases as columns.
struct Columns<'a> {
    customers: Vec<Uuid>,
    orders: Vec<&'a str>,
    lines: Vec<Value>,
    nets: Vec<i64>,
    counts: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn of(sales: &[&'a Sale]) -> Result<Self, StoreError> {
        let lines = sales
            .iter()
            .map(|sale| write_all::<_, LineDocument>(&sale.lines));
        Ok(Self {
            customers: sales.iter().map(|sale| sale.customer_id).collect(),
            orders: sales.iter().map(|sale| sale.order_id.as_str()).collect(),
            lines: lines.collect::<Result<_, _>>()?,
            nets: sales.iter().map(|sale| sale.figures(0).net_minor).collect(),
            counts: sales.iter().map(|sale| sale.counts()).collect(),
        })
    }
}

/// Writes purchases that are not known yet.
pub(crate) async fn insert(
    db: &mut PgConnection,
    sales: &[&Sale],
    now: Timestamp,
) -> Result<(), StoreError> {
    if sales.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(sales)?;
    let text = |of: fn(&Sale) -> &str| sales.iter().map(|sale| of(sale)).collect::<Vec<_>>();
    let times = sales.iter().map(|sale| sale.ordered_at.to_sqlx());
    let currencies = sales.iter().map(|sale| sale.currency.to_string());
    sqlx::query!(
        r#"
        INSERT INTO sales (customer_id, order_id, channel, store, ordered_at, currency_code, lines,
            net_minor, counts, recorded_at)
        SELECT *, $10::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[],
            $5::timestamptz[], $6::text[], $7::jsonb[], $8::bigint[], $9::boolean[])
        "#,
        &columns.customers,
        &columns.orders as _,
        &text(|sale| &sale.channel) as _,
        &text(|sale| &sale.store) as _,
        &times.collect::<Vec<_>>() as _,
        &currencies.collect::<Vec<_>>(),
        &columns.lines,
        &columns.nets,
        &columns.counts,
        now.to_sqlx() as _,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Writes what is left of purchases after returns.
pub(crate) async fn update(db: &mut PgConnection, sales: &[&Sale]) -> Result<(), StoreError> {
    if sales.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(sales)?;
    sqlx::query!(
        r#"
        UPDATE sales s SET lines = new.lines, net_minor = new.net_minor, counts = new.counts
        FROM unnest($1::uuid[], $2::text[], $3::jsonb[], $4::bigint[], $5::boolean[])
            AS new(customer_id, order_id, lines, net_minor, counts)
        WHERE s.customer_id = new.customer_id AND s.order_id = new.order_id
        "#,
        &columns.customers,
        &columns.orders as _,
        &columns.lines,
        &columns.nets,
        &columns.counts,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Purchases of a member from the latest on, before this one; for its list.
pub(crate) async fn page(
    db: impl sqlx::PgExecutor<'_>,
    customer_id: Uuid,
    before: Option<(Timestamp, &str)>,
    limit: i64,
) -> Result<Vec<Sale>, StoreError> {
    let (at, order_id) = before.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"
        SELECT customer_id, order_id, channel, store, ordered_at, currency_code, lines
        FROM sales
        WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (ordered_at, order_id) < ($2, $3))
        ORDER BY ordered_at DESC, order_id DESC
        LIMIT $4
        "#,
        customer_id,
        at.map(ToSqlx::to_sqlx) as _,
        order_id,
        limit,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Sale::try_from).collect()
}
