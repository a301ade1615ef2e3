//! What a member needs to check a ticket without asking anybody.

use uuid::Uuid;

use super::{DrawsError, Frozen, read};
use crate::app::{AppError, Loyalty};
use crate::domain::draws::{Closing, Digest, Mode, Proof, merkle};
use crate::store::draws::tickets::{self, Held};
use crate::store::draws::{DrawRow, blocks};

/// The proof of a member's ticket.
pub(crate) async fn proof(
    loyalty: &Loyalty,
    customer_id: Uuid,
    draw_id: &str,
    number: i64,
) -> Result<Proof, AppError> {
    let frozen = read::draw_of(loyalty, customer_id, draw_id).await?;
    let pool = loyalty.db.pool();
    let held = tickets::find(pool, &frozen.rules, number).await?;
    let held = held.filter(|held| held.customer_id == customer_id);
    let held = held.ok_or(DrawsError::TicketNotFound)?;
    let before = tickets::find(pool, &frozen.rules, number - 1).await?;
    let closing = closing(loyalty, &frozen, number).await?;
    let chain_before = before.map_or(Digest::default(), |before| before.chain);
    Ok(put_together(frozen, held, chain_before, closing))
}

fn put_together(
    frozen: Frozen,
    held: Held,
    chain_before: Digest,
    closing: Option<Closing>,
) -> Proof {
    let segment = frozen.rules.segment_at(held.ticket.entered_at);
    Proof {
        opened_at: frozen.row.opened_at,
        commitment: frozen.row.commitment,
        seed: frozen.told(segment),
        customer_id: held.customer_id,
        chain_before,
        chain_after: held.chain,
        closing,
        won: match frozen.rules.mode {
            Mode::Instant => held.ticket.outcome.won(),
            Mode::AtEnd => held.drawn,
        },
        ticket: held.ticket,
        rules: frozen.rules,
    }
}

async fn closing(
    loyalty: &Loyalty,
    frozen: &Frozen,
    number: i64,
) -> Result<Option<Closing>, AppError> {
    let Some((_, root)) = frozen.row.closing else {
        return Ok(None);
    };
    Ok(Some(Closing {
        tickets: frozen.row.ticket_count,
        root,
        path: path(loyalty, &frozen.row, number).await?,
    }))
}

/// From a ticket to the root: within its block of tickets, then over the roots of the blocks.
async fn path(loyalty: &Loyalty, row: &DrawRow, number: i64) -> Result<Vec<Digest>, AppError> {
    let pool = loyalty.db.pool();
    let place = usize::try_from(number - 1).unwrap_or_default();
    let (block, within) = (place / merkle::BLOCK, place % merkle::BLOCK);
    let first = i64::try_from(block * merkle::BLOCK).unwrap_or(i64::MAX) + 1;
    let size = i64::try_from(merkle::BLOCK).unwrap_or(i64::MAX);
    let leaves = tickets::leaves(pool, row, first, size).await?;
    let mut path = merkle::path(&leaves, within);
    path.extend(merkle::path_above(&blocks::all(pool, row).await?, block));
    Ok(path)
}
