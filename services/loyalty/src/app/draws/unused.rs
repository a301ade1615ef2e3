//! Tickets of a draw at the end that members were given and have not used: they take part by
//! themselves, at its last instant.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::enter::{Entry, lock, take};
use crate::app::books::{Books, Need};
use crate::app::{AppError, Loyalty};
use crate::domain::draws::Mode;
use crate::domain::program::Draw;
use crate::store::draws::DrawRow;
use crate::store::draws::tickets::{self, Used};

/// Members that are read at once.
const PAGE: i64 = 500;

/// Lets all of them take part. What is done already is not done again.
pub(super) async fn enter_all(loyalty: &Loyalty, row: &DrawRow) -> Result<(), AppError> {
    let mut after = Uuid::nil();
    loop {
        let members = tickets::holders(loyalty.db.pool(), row, after, PAGE).await?;
        let Some(last) = members.last() else {
            return Ok(());
        };
        after = *last;
        for customer_id in members {
            enter_those_of(loyalty, row, customer_id).await?;
        }
    }
}

async fn enter_those_of(
    loyalty: &Loyalty,
    row: &DrawRow,
    customer_id: Uuid,
) -> Result<(), AppError> {
    let mut tx = loyalty.db.begin().await?;
    let books = Books::open(loyalty, &mut tx, &[Need::of(customer_id)]).await?;
    let is_of_program = books
        .holder(customer_id)
        .is_ok_and(|holder| holder.program.program_id.as_str() == row.program_id);
    if !is_of_program {
        return Ok(());
    }
    let (program_id, draw_id) = (&row.program_id, &row.draw_id);
    let given = tickets::given(&mut *tx, customer_id, draw_id).await?;
    let used = tickets::used(&mut *tx, customer_id, program_id, draw_id).await?;
    let mut frozen = lock(loyalty, &mut tx, program_id, draw_id).await?;
    if frozen.rules.mode != Mode::AtEnd || frozen.row.closing.is_some() {
        return Ok(());
    }
    let left = left(frozen.draw()?, used, given);
    if left == 0 {
        return Ok(());
    }
    let seeds = frozen.seeds(loyalty.secret.expose())?;
    for _ in 0..left {
        let entry = Entry {
            customer_id,
            client_seed: "",
            entered_at: last_instant(frozen.rules.ends_at),
            is_free: false,
        };
        take(&mut tx, &mut frozen, &seeds, entry).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn left(draw: &Draw, used: Used, given: i64) -> i64 {
    let unused = given.saturating_sub(used.given).max(0);
    let allowed = draw.per_member_limit.map(|limit| {
        let all = used.free.saturating_add(used.given);
        i64::from(limit).saturating_sub(all).max(0)
    });
    unused.min(allowed.unwrap_or(i64::MAX))
}

fn last_instant(end: Timestamp) -> Timestamp {
    end.saturating_sub(SignedDuration::from_micros(1))
        .unwrap_or(end)
}
