//! The entries of a member's accounts, latest first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use uuid::Uuid;

use super::operations::{Recorded, Stored};
use crate::domain::chain::Packed;
use crate::domain::ledger::{Kind, WalletId};
use crate::store::StoreError;

/// A line of a statement: an entry, and of its operation what a reader wants to know.
#[derive(Debug)]
pub(crate) struct Line {
    /// The entry.
    pub(crate) entry: Packed,
    /// Where it stands.
    pub(crate) place: Place,
    /// The wallet.
    pub(crate) wallet_id: WalletId,
    /// Kind of the operation.
    pub(crate) kind: Kind,
    /// What caused it.
    pub(crate) reference: String,
    /// When that happened.
    pub(crate) effective_at: Timestamp,
    /// When it was written.
    pub(crate) recorded_at: Timestamp,
}

/// Where an entry stands: its operation, and its place in it, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The operation.
    pub(crate) operation_id: Uuid,
    /// Its place among the operation's entries.
    pub(crate) ordinal: usize,
}

/// The lines of these holders before a place, or the last ones.
pub(crate) async fn page(
    db: impl PgExecutor<'_>,
    holder_ids: &[Uuid],
    before: Option<Place>,
    limit: usize,
) -> Result<Vec<Line>, StoreError> {
    // Each operation has an entry on an account of its wallet, so as many operations as lines will do.
    let rows = sqlx::query_as!(
        Stored,
        r#"
        SELECT operation_id, wallet_id, kind, reference, subject_id, effective_at, recorded_at,
            first_entry, entries, details
        FROM operations
        WHERE holder_id = ANY ($1) AND operation_id <= $2
        ORDER BY operation_id DESC
        LIMIT $3
        "#,
        holder_ids,
        before.map_or(Uuid::max(), |before| before.operation_id),
        // The first one may have no line left.
        i64::try_from(limit + 1).unwrap_or(i64::MAX),
    )
    .fetch_all(db)
    .await?;
    let mut lines = Vec::with_capacity(limit);
    for row in rows {
        let operation = Recorded::try_from(row)?;
        lines.extend(lines_of(&operation).filter(|line| is_before(line, before)));
    }
    lines.truncate(limit);
    Ok(lines)
}

/// The entries of an operation on accounts of its wallet, the last one first.
fn lines_of(operation: &Recorded) -> impl Iterator<Item = Line> {
    let entries = operation.entries.iter().enumerate().rev();
    let own = entries.filter(|(_, entry)| entry.account.is_wallets());
    own.map(|(ordinal, entry)| Line {
        entry: *entry,
        place: Place {
            operation_id: operation.operation_id,
            ordinal,
        },
        wallet_id: operation.wallet_id,
        kind: operation.kind,
        reference: operation.reference.clone(),
        effective_at: operation.effective_at,
        recorded_at: operation.recorded_at,
    })
}

fn is_before(line: &Line, before: Option<Place>) -> bool {
    before.is_none_or(|before| {
        line.place.operation_id < before.operation_id || line.place.ordinal < before.ordinal
    })
}
