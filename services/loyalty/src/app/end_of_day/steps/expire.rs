use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::{Day, extend};
use crate::app::AppError;
use crate::app::books::{Books, Posted};
use crate::app::end_of_day::activity::Activity;
use crate::domain::ledger::{Cause, Kind, Wallet, WalletId, expire as decide};
use crate::wire;

/// Lets points lapse that are past their end; before that, extends those of holders who were active.
pub(super) async fn expire(
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    day: &Day,
    holder_ids: &[Uuid],
) -> Result<(), AppError> {
    let activity = Activity::on(tx, day, holder_ids).await?;
    for holder_id in holder_ids {
        extend::extend(books, day, *holder_id, &activity)?;
        let wallets = books.holder(*holder_id)?.wallets();
        let wallet_ids: Vec<WalletId> = wallets.map(Wallet::wallet_id).collect();
        for wallet_id in wallet_ids {
            lapse(books, day, *holder_id, wallet_id)?;
        }
    }
    Ok(())
}

fn lapse(
    books: &mut Books,
    day: &Day,
    holder_id: Uuid,
    wallet_id: WalletId,
) -> Result<(), AppError> {
    let wallet = books.wallet(holder_id, Some(wallet_id))?;
    let reference = day.reference();
    let cause = Cause {
        reference: &reference,
        effective_at: day.program.document.zone.end_of(day.date).min(books.now()),
    };
    let Some(expired) = books.decide(|occasion| decide(wallet, cause, occasion))? else {
        return Ok(());
    };
    let details = contract::OperationDetails {
        program_version: day.program.version,
        details: Some(Details::Expiry(contract::ExpiryDetails::default())),
    };
    let event = wire::end_of_day::expired(holder_id, &expired);
    let posted = Posted::new(holder_id, expired.posting);
    books.post(posted.explained(Kind::Expire, details))?;
    books.announce(NewEvent::about(holder_id, Some(holder_id), &event));
    Ok(())
}
