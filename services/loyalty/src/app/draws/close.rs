//! Closing draws: what was not used takes part, the root is published, winners are drawn.

use std::collections::BTreeMap;

use contract::patron::loyalty::v1 as contract;
use sqlx::PgTransaction;

use super::enter::lock;
use super::{Frozen, open, unused};
use crate::app::{AppError, Loyalty};
use crate::domain::draws::{Digest, Mode, Seed, closing_root, merkle, selection};
use crate::store::draws::{self, DrawRow, blocks, tickets, winners};

/// Closes a draw that is over, and tells its last seed.
pub(super) async fn close(loyalty: &Loyalty, row: &DrawRow) -> Result<(), AppError> {
    unused::enter_all(loyalty, row).await?;
    let mut tx = loyalty.db.begin().await?;
    let mut frozen = lock(loyalty, &mut tx, &row.program_id, &row.draw_id).await?;
    let segments = frozen.rules.segments();
    let seed = frozen
        .seeds(loyalty.secret.expose())?
        .seed(segments.saturating_sub(1));
    let Some(seed) = seed.filter(|_| frozen.row.closing.is_none()) else {
        return Ok(());
    };
    let root = publish(&mut tx, &frozen.row).await?;
    let drawn = draw(&mut frozen, &seed, &root);
    if !drawn.is_empty() {
        winners::insert(&mut tx, &frozen.row, &drawn).await?;
    }
    // Together with the root: whoever knew the seed before could still change the root.
    draws::tell_seed(&mut tx, &frozen.row, segments, &seed).await?;
    draws::close(&mut tx, &frozen.row, &root, loyalty.now()).await?;
    let event = contract::DrawClosed {
        program_id: row.program_id.clone(),
        draw_id: row.draw_id.clone(),
        ticket_count: frozen.row.ticket_count,
        root: root.to_string(),
        seed: seed.expose().to_string(),
    };
    open::announce(loyalty, &mut tx, row, event).await?;
    tx.commit().await?;
    loyalty.outbox.committed();
    Ok(())
}

/// Computes the root above all tickets, block by block, and keeps those of the blocks.
async fn publish(tx: &mut PgTransaction<'_>, row: &DrawRow) -> Result<Digest, AppError> {
    let size = i64::try_from(merkle::BLOCK).unwrap_or(i64::MAX);
    let mut roots = Vec::new();
    let mut from = 1;
    while from <= row.ticket_count {
        let leaves = tickets::leaves(&mut **tx, row, from, size).await?;
        roots.push(merkle::root(&leaves));
        from = from.saturating_add(size);
    }
    if !roots.is_empty() {
        blocks::insert(tx, row, &roots).await?;
    }
    Ok(closing_root(row.ticket_count, &merkle::above(&roots)))
}

/// Draws the winners of a draw at the end, and counts what they take.
fn draw(frozen: &mut Frozen, seed: &Seed, root: &Digest) -> BTreeMap<i64, usize> {
    if frozen.rules.mode == Mode::Instant {
        return BTreeMap::new();
    }
    let tickets = frozen.row.ticket_count;
    let winners = selection::winners(&frozen.rules, seed, root, tickets);
    for place in winners.values() {
        frozen.row.tally.count(&frozen.rules, *place);
    }
    winners
}
