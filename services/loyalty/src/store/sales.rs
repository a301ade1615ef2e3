//! Sales and returns.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StoreError;
use super::programs::ProgramRow;
use crate::domain::{Currency, Money, Points, Program, Return, Sale};

/// Writes a sale. False when the order has one already; then nothing is written.
pub(crate) async fn insert(
    db: &mut PgConnection,
    customer_id: Uuid,
    sale: &Sale,
    program_id: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        r#"
        INSERT INTO sales (customer_id, order_id, program_id, program_version, ordered_at,
            recorded_at, currency_code, total_minor, earned, lot_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT DO NOTHING
        "#,
        customer_id,
        sale.order_id,
        program_id,
        sale.program_version,
        sale.ordered_at.to_sqlx(),
        now.to_sqlx(),
        sale.total.currency.to_string(),
        sale.total.minor,
        sale.earned.get(),
        sale.lot_id,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
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
