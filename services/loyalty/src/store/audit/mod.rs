//! What a verification reads: all that is recorded, holder by holder and link by link. Nothing is
//! taken for granted here: codes and numbers that stand for nothing are handed on as they are.

mod chains;
mod holders;
mod operations;

use sqlx::PgConnection;

use crate::store::StoreError;

pub(crate) use chains::{heads, links};
pub(crate) use holders::{Range, holds, lots, orphans, page, wallets};
pub(crate) use operations::operations;

/// Lets statements run as long as a whole ledger takes, and sort on disk what does not fit.
pub(crate) async fn take_time(db: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::raw_sql("SET LOCAL statement_timeout = '30min'; SET LOCAL work_mem = '32MB'")
        .execute(db)
        .await?;
    Ok(())
}
