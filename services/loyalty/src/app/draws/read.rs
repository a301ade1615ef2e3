//! Reading draws and tickets.

use jiff::Timestamp;
use uuid::Uuid;

use super::{DrawsError, Frozen};
use crate::app::read::Page;
use crate::app::{AppError, Loyalty};
use crate::store::draws::tickets::{self, Held};
use crate::store::draws::{self};

/// A draw that has been opened.
pub(crate) async fn draw(
    loyalty: &Loyalty,
    program_id: &str,
    draw_id: &str,
) -> Result<Frozen, AppError> {
    let mut db = loyalty.snapshot().await?;
    let row = draws::find(&mut *db, program_id, draw_id).await?;
    let row = row.ok_or_else(|| DrawsError::NotFound {
        draw_id: draw_id.to_owned(),
    })?;
    Frozen::of(loyalty, &mut db, row).await
}

/// A draw of the program of a member.
pub(crate) async fn draw_of(
    loyalty: &Loyalty,
    customer_id: Uuid,
    draw_id: &str,
) -> Result<Frozen, AppError> {
    let mut db = loyalty.snapshot().await?;
    let program = loyalty.program_of(&mut db, customer_id).await?;
    drop(db);
    draw(loyalty, program.program_id.as_str(), draw_id).await
}

/// A page of the draws of a program, the latest first.
pub(crate) async fn page(
    loyalty: &Loyalty,
    program_id: &str,
    before: Option<&(Timestamp, String)>,
    size: u16,
) -> Result<Page<Frozen>, AppError> {
    let mut db = loyalty.snapshot().await?;
    // Is there such a program?
    loyalty.programs.schedule(&mut db, program_id).await?;
    let limit = i64::from(size) + 1;
    let rows = draws::page(&mut *db, program_id, before, limit).await?;
    let page = Page::cut(rows, size);
    let mut frozen = Vec::with_capacity(page.rows.len());
    for row in page.rows {
        frozen.push(Frozen::of(loyalty, &mut db, row).await?);
    }
    Ok(Page {
        rows: frozen,
        has_more: page.has_more,
    })
}

/// A page of tickets after a number: of everybody, or of one member.
pub(crate) async fn tickets(
    loyalty: &Loyalty,
    frozen: &Frozen,
    customer_id: Option<Uuid>,
    after: i64,
    size: u16,
) -> Result<Page<Held>, AppError> {
    let limit = i64::from(size) + 1;
    let pool = loyalty.db.pool();
    let rows = tickets::page(pool, &frozen.rules, customer_id, after, limit).await?;
    Ok(Page::cut(rows, size))
}

/// How many tickets a member was given and has not used; below 0 when used ones were taken back.
pub(crate) async fn unused(
    loyalty: &Loyalty,
    frozen: &Frozen,
    customer_id: Uuid,
) -> Result<i64, AppError> {
    let (program_id, draw_id) = (&frozen.row.program_id, &frozen.row.draw_id);
    let mut db = loyalty.snapshot().await?;
    let given = tickets::given(&mut *db, customer_id, draw_id).await?;
    let used = tickets::used(&mut *db, customer_id, program_id, draw_id).await?;
    Ok(given.saturating_sub(used.given))
}
