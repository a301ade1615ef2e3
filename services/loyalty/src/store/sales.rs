//! Sales and returns.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::programs::ProgramRow;
use crate::domain::{Currency, Money, Points, Program, Return, Sale};

/// A sale that is not written yet.
pub(crate) struct NewSale {
    /// Who bought.
    pub(crate) customer_id: Uuid,
    /// The program that it earned by.
    pub(crate) program_id: String,
    /// The sale.
    pub(crate) sale: Sale,
}

/// Which of these orders have a sale. Their members must be locked by this transaction.
pub(crate) async fn known(
    db: &mut PgConnection,
    orders: impl Iterator<Item = (Uuid, &str)>,
) -> Result<HashSet<(Uuid, String)>, StoreError> {
    let (customer_ids, order_ids): (Vec<Uuid>, Vec<&str>) = orders.unzip();
    let rows = sqlx::query!(
        r#"
        SELECT s.customer_id, s.order_id
        FROM unnest($1::uuid[], $2::text[]) AS asked(customer_id, order_id)
        JOIN sales s ON s.customer_id = asked.customer_id AND s.order_id = asked.order_id
        "#,
        &customer_ids,
        &order_ids as _,
    )
    .fetch_all(db)
    .await?;
    let rows = rows.into_iter();
    Ok(rows.map(|row| (row.customer_id, row.order_id)).collect())
}

/// Columns of new sales.
#[derive(Default)]
struct Columns<'a> {
    customers: Vec<Uuid>,
    orders: Vec<&'a str>,
    programs: Vec<&'a str>,
    versions: Vec<i64>,
    ordered_at: Vec<jiff_sqlx::Timestamp>,
    currencies: Vec<String>,
    totals: Vec<i64>,
    earned: Vec<i64>,
    lots: Vec<Option<Uuid>>,
}

impl<'a> Columns<'a> {
    fn of(sales: &'a [NewSale]) -> Self {
        let mut columns = Self::default();
        for new in sales {
            columns.customers.push(new.customer_id);
            columns.orders.push(&new.sale.order_id);
            columns.programs.push(&new.program_id);
            columns.versions.push(new.sale.program_version);
            columns.ordered_at.push(new.sale.ordered_at.to_sqlx());
            columns.currencies.push(new.sale.total.currency.to_string());
            columns.totals.push(new.sale.total.minor);
            columns.earned.push(new.sale.earned.get());
            columns.lots.push(new.sale.lot_id);
        }
        columns
    }
}

/// Writes sales of orders that have none.
pub(crate) async fn insert_all(
    db: &mut PgConnection,
    sales: &[NewSale],
    now: Timestamp,
) -> Result<(), StoreError> {
    let columns = Columns::of(sales);
    sqlx::query!(
        r#"
        INSERT INTO sales (customer_id, order_id, program_id, program_version, ordered_at,
            currency_code, total_minor, earned, lot_id, recorded_at)
        SELECT *, $10::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[],
            $5::timestamptz[], $6::text[], $7::bigint[], $8::bigint[], $9::uuid[])
        "#,
        &columns.customers,
        &columns.orders as _,
        &columns.programs as _,
        &columns.versions,
        &columns.ordered_at as _,
        &columns.currencies,
        &columns.totals,
        &columns.earned,
        &columns.lots as _,
        now.to_sqlx(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The sale that a return takes back from, as the return finds it.
pub(crate) struct ReturnedSale {
    /// The sale.
    pub(crate) sale: Sale,
    /// The program in the version of the sale.
    pub(crate) program: Program,
    /// Whether this return was taken into account before.
    pub(crate) known: bool,
}

/// Reads the sale of a return. The member must be locked by this transaction.
pub(crate) async fn of_return(
    db: &mut PgConnection,
    back: &Return,
) -> Result<Option<ReturnedSale>, StoreError> {
    let row = sqlx::query!(
        r#"
        SELECT s.order_id, s.ordered_at, s.currency_code, s.total_minor, s.refunded_minor,
            s.wholly_returned, s.earned, s.clawed_back, s.lot_id,
            p.program_id, p.version, p.display_name, p.point_currency, p.decimals, p.time_zone,
            p.points_per_currency_unit, p.rounding, p.minimum_redemption,
            EXISTS (
                SELECT FROM returns r WHERE r.customer_id = $1 AND r.return_id = $3
            ) AS "known!"
        FROM sales s
        JOIN program_versions p ON p.program_id = s.program_id AND p.version = s.program_version
        WHERE s.customer_id = $1 AND s.order_id = $2
        "#,
        back.customer_id,
        back.order_id,
        back.return_id,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = Currency::parse(&row.currency_code)?;
    let sale = Sale {
        order_id: row.order_id,
        ordered_at: row.ordered_at.to_jiff(),
        program_version: row.version,
        total: Money {
            currency,
            minor: row.total_minor,
        },
        refunded_minor: row.refunded_minor,
        wholly_returned: row.wholly_returned,
        earned: Points::new(row.earned),
        clawed_back: Points::new(row.clawed_back),
        lot_id: row.lot_id,
    };
    let program = Program::try_from(ProgramRow {
        program_id: row.program_id,
        version: row.version,
        display_name: row.display_name,
        point_currency: row.point_currency,
        decimals: row.decimals,
        time_zone: row.time_zone,
        points_per_currency_unit: row.points_per_currency_unit,
        rounding: row.rounding,
        minimum_redemption: row.minimum_redemption,
    })?;
    Ok(Some(ReturnedSale {
        sale,
        program,
        known: row.known,
    }))
}

/// Writes a return and the sale after it.
pub(crate) async fn record_return(
    db: &mut PgConnection,
    back: &Return,
    after: &Sale,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        WITH kept AS (
            INSERT INTO returns
                (customer_id, return_id, order_id, returned_at, recorded_at, refund_minor)
            VALUES ($1, $3, $2, $4, $5, $6)
        )
        UPDATE sales SET refunded_minor = $7, wholly_returned = $8, clawed_back = $9
        WHERE customer_id = $1 AND order_id = $2
        "#,
        back.customer_id,
        back.order_id,
        back.return_id,
        back.returned_at.to_sqlx(),
        now.to_sqlx(),
        back.refund.minor,
        after.refunded_minor,
        after.wholly_returned,
        after.clawed_back.get(),
    )
    .execute(db)
    .await?;
    Ok(())
}
