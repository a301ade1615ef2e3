use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::release_details::Cause as Why;
use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::app::books::{Books, Need, Posted};
use crate::app::{AppError, Loyalty};
use crate::domain::ledger::{Cause, Kind, time_out as decide};
use crate::store::end_of_day;
use crate::store::ledger::holds::HoldRow;
use crate::wire;

/// Holds of a batch that are ended at once. What is left is found again.
const MOST_HOLDS: i64 = 1_000;

/// Gives back the points of holds whose time is over, of holders that are open.
pub(in crate::app::end_of_day) async fn time_out(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    holder_ids: &[Uuid],
) -> Result<(), AppError> {
    let now = books.now();
    let overdue = end_of_day::overdue_holds(&mut **tx, Some(holder_ids), now, MOST_HOLDS).await?;
    let needs = overdue
        .iter()
        .map(|(holder_id, hold_id)| Need::of(*holder_id).hold(*hold_id));
    let needs: Vec<Need> = needs.collect();
    books.reach(loyalty, tx, &needs).await?;
    for (holder_id, hold_id) in overdue {
        end(books, holder_id, hold_id)?;
    }
    Ok(())
}

fn end(books: &mut Books, holder_id: Uuid, hold_id: Uuid) -> Result<(), AppError> {
    let row = books.hold(holder_id, hold_id)?;
    // It was found before the holder's row was locked, perhaps.
    if row.hold.resolution.is_some() {
        return Ok(());
    }
    let wallet = books.wallet(holder_id, Some(row.wallet_id))?;
    let policies = books.policies(holder_id, row.wallet_id)?;
    let cause = Cause {
        reference: &row.reference,
        effective_at: row.hold.expires_at,
    };
    let timed_out =
        books.decide(|occasion| decide(wallet, &row.hold, cause, &policies, occasion))?;
    let details = contract::OperationDetails {
        program_version: books.holder(holder_id)?.program.version,
        details: Some(Details::Release(contract::ReleaseDetails {
            hold_id: hold_id.to_string(),
            cause: Why::TimedOut.into(),
            expired: timed_out.lapsed.get(),
            mercy_days: 0,
        })),
    };
    let row = HoldRow {
        hold: timed_out.hold.clone(),
        ..row.clone()
    };
    let customer_id = row.customer_id;
    let event = wire::end_of_day::timed_out(&row, &timed_out);
    let posted = Posted::new(holder_id, timed_out.posting).about(hold_id);
    books.post(posted.explained(Kind::Release, details))?;
    books.keep_hold(row)?;
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    Ok(())
}
