use std::pin::pin;

use ::contract::time::{instant, timestamp};
use contract::patron::loyalty::v1 as contract;
use futures_util::TryStreamExt as _;
use prost::Message as _;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::Loyalty;
use crate::app::runs::{self, Progress, RunError};
use crate::domain::WalletId;
use crate::domain::liability::{Book, Period, back_tests, estimate};
use crate::store::liability::{Range, holders, lots, operations};
use crate::store::runs::Taken;
use crate::wire;

/// Holders whose lots are in memory at once.
const PAGE: i64 = 2_000;
/// Months times funding partners of a report. It stays below the largest message.
const MOST_COHORTS: usize = 10_000;

/// Adds up the ledger of a point currency in one snapshot, holder by holder, beside live traffic.
pub(crate) async fn compute(
    loyalty: &Loyalty,
    taken: &Taken,
    mut progress: Progress<'_>,
) -> Result<Vec<u8>, RunError> {
    let mut asked = contract::LiabilityReport::decode(taken.request.as_slice())?;
    let now = loyalty.now();
    let program = runs::program(loyalty, &taken.program_id).await?;
    let wallet = runs::wallet(&program.document, &asked.wallet_id)?;
    let end = asked.period_end_time.as_ref().and_then(instant);
    let period = Period {
        start: asked.period_start_time.as_ref().and_then(instant),
        end: end.map_or(now, |end| end.min(now)),
    };
    asked.period_end_time = Some(timestamp(period.end));

    let mut book = Book::new(program.document.zone.clone(), period, MOST_COHORTS);
    let mut tx = loyalty.snapshot().await?;
    let of = (taken.program_id.as_str(), wallet.wallet_id);
    let (mut after, mut done) = (Uuid::nil(), 0);
    while let Some((last, count)) = add_page(&mut tx, of, after, &mut book).await? {
        (after, done) = (last, done + count);
        progress.tell(done).await?;
    }
    tx.rollback().await?;

    let report = book.close()?;
    let breakage = estimate(&report.flows, report.end)?;
    let tests = back_tests(&report.flows, report.end)?;
    let made = wire::liability::made(asked, &report, (&breakage, &tests), wallet.value)?;
    Ok(made.encode_to_vec())
}

/// Adds the holders of a page; tells the last of them and how many. `None` after the last page.
async fn add_page(
    db: &mut PgConnection,
    (program_id, wallet_id): (&str, WalletId),
    after: Uuid,
    book: &mut Book,
) -> Result<Option<(Uuid, i64)>, RunError> {
    let page = holders(db, (program_id, wallet_id), after, PAGE).await?;
    let Some((last, _)) = page.last().copied() else {
        return Ok(None);
    };
    let range = Range { after, last };
    let mut lots = lots(db, wallet_id, range).await?;
    let mut operations = pin!(operations(db, wallet_id, range));
    let mut next = operations.try_next().await?;
    let mut count = 0;
    for (holder_id, debt) in page {
        let own = lots.remove(&holder_id).unwrap_or_default();
        let mut holder = book.holder(holder_id, own)?;
        while let Some(posted) = next.take_if(|posted| posted.holder_id <= holder_id) {
            // Between two holders of this program there may be some of others.
            if posted.holder_id == holder_id {
                holder.operation(posted.kind, posted.recorded_at, posted.entries)?;
            }
            next = operations.try_next().await?;
        }
        holder.close(debt)?;
        count += 1;
    }
    Ok(Some((last, count)))
}
