//! Where a membership has gone: into another one, which may have gone into a third.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::AppError;
use crate::store::ledger::holders::{self, Merged};

/// Most merges in a row: a person has at most 100 ids.
const MOST: usize = 400;

/// A merge that stands: who was taken in, and by whom.
pub(super) type Step = (Uuid, Merged);

/// The merges that lead on from a membership, in their order.
pub(super) async fn chain(db: &mut PgConnection, id: Uuid) -> Result<Vec<Step>, AppError> {
    let mut chain = Vec::new();
    let mut at = id;
    while chain.len() < MOST {
        let holder = holders::find(&mut *db, at).await?;
        let Some(merged) = holder.and_then(|holder| holder.merged) else {
            break;
        };
        chain.push((at, merged));
        at = merged.into;
    }
    Ok(chain)
}
