//! Stocks: what has been taken of things of which there is only so much. One row for each, locked
//! after members and before coupons.

use sqlx::{PgConnection, PgExecutor};

use super::StoreError;
use super::numbers::Numbered;
use crate::domain::stock::Stock;

/// What there is a stock of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StockKind {
    /// A reward.
    Reward,
    /// Coupons of a template.
    CouponTemplate,
    /// Uses of a benefit.
    Benefit,
    /// A prize of a draw.
    Prize,
}

impl Numbered for StockKind {
    const WHAT: &'static str = "kind of stock";
    const ALL: &'static [Self] = &[
        Self::Reward,
        Self::CouponTemplate,
        Self::Benefit,
        Self::Prize,
    ];
}

/// Which stock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StockId<'a> {
    /// The program.
    pub(crate) program_id: &'a str,
    /// Of what.
    pub(crate) kind: StockKind,
    /// Which of these.
    pub(crate) item_id: &'a str,
}

/// The figures of a stock, without what the program plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    adjusted: i64,
    taken: i64,
    /// Changes with each write.
    pub(crate) revision: i64,
}

impl Figures {
    /// The stock, when the program plans so many.
    pub(crate) fn of(self, planned: Option<u64>) -> Stock {
        Stock {
            planned,
            adjusted: self.adjusted,
            taken: self.taken,
        }
    }
}

/// Locks a stock until the end of the transaction, and reads it. Whoever needs several takes them in
/// ascending order of (kind, item).
pub(crate) async fn lock(db: &mut PgConnection, stock: StockId<'_>) -> Result<Figures, StoreError> {
    if let Some(figures) = locked(db, stock).await? {
        return Ok(figures);
    }
    sqlx::query!(
        "INSERT INTO stocks (program_id, kind, item_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        stock.program_id,
        stock.kind.number(),
        stock.item_id,
    )
    .execute(&mut *db)
    .await?;
    locked(db, stock)
        .await?
        .ok_or(StoreError::from(sqlx::Error::RowNotFound))
}

async fn locked(db: &mut PgConnection, stock: StockId<'_>) -> Result<Option<Figures>, StoreError> {
    let figures = sqlx::query_as!(
        Figures,
        r#"
        SELECT adjusted, taken, revision FROM stocks
        WHERE program_id = $1 AND kind = $2 AND item_id = $3
        FOR UPDATE
        "#,
        stock.program_id,
        stock.kind.number(),
        stock.item_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(figures)
}

/// Writes a stock that this transaction has locked.
pub(crate) async fn write(
    db: &mut PgConnection,
    id: StockId<'_>,
    stock: Stock,
) -> Result<(), StoreError> {
    sqlx::query!(
        r#"
        UPDATE stocks SET adjusted = $4, taken = $5, revision = revision + 1
        WHERE program_id = $1 AND kind = $2 AND item_id = $3
        "#,
        id.program_id,
        id.kind.number(),
        id.item_id,
        stock.adjusted,
        stock.taken,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Reads the stocks of some things of one kind; what was never touched has no figures.
pub(crate) async fn read(
    db: impl PgExecutor<'_>,
    program_id: &str,
    kind: StockKind,
    item_ids: &[&str],
) -> Result<Vec<(String, Figures)>, StoreError> {
    let rows = sqlx::query!(
        r#"
        SELECT item_id, adjusted, taken, revision FROM stocks
        WHERE program_id = $1 AND kind = $2 AND item_id = ANY ($3)
        "#,
        program_id,
        kind.number(),
        item_ids as _,
    )
    .fetch_all(db)
    .await?;
    let stocks = rows.into_iter().map(|row| {
        let figures = Figures {
            adjusted: row.adjusted,
            taken: row.taken,
            revision: row.revision,
        };
        (row.item_id, figures)
    });
    Ok(stocks.collect())
}
