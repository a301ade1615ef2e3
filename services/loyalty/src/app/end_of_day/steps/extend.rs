use ::contract::time::timestamp;
use contract::operation_details::Details;
use contract::patron::loyalty::v1 as contract;
use contract::redate_details::Cause as Why;
use jiff::Timestamp;
use uuid::Uuid;

use super::Day;
use crate::app::AppError;
use crate::app::books::{Books, Posted};
use crate::app::end_of_day::activity::{Activity, extended};
use crate::domain::ledger::{Cause, Kind, Lot, Occasion, Redating, WalletId, redate};

/// Gives the points of a holder who was active on a day their term anew.
///
/// It is decided as of the activity, not as of now: points whose last day it was had not lapsed then.
/// Until this is written they can't be spent; that is the price of doing it once a day.
pub(super) fn extend(
    books: &mut Books,
    day: &Day,
    holder_id: Uuid,
    activity: &Activity,
) -> Result<(), AppError> {
    for (wallet, expiry) in extended(day) {
        let Some(active_at) = activity.last(holder_id, wallet.wallet_id) else {
            continue;
        };
        let end = expiry.expires_at(active_at, &day.program.document.zone);
        if end > books.now() {
            extend_to(books, day, (holder_id, wallet.wallet_id), (active_at, end))?;
        }
    }
    Ok(())
}

fn extend_to(
    books: &mut Books,
    day: &Day,
    (holder_id, wallet_id): (Uuid, WalletId),
    (active_at, end): (Timestamp, Timestamp),
) -> Result<(), AppError> {
    let wallet = books.wallet(holder_id, Some(wallet_id))?;
    let ends_sooner = |lot: &&Lot| {
        let ends = lot.terms.expires_at;
        lot.earned_at <= active_at && ends.is_some_and(|ends| active_at < ends && ends < end)
    };
    let lots: Vec<Uuid> = wallet
        .lots()
        .iter()
        .filter(ends_sooner)
        .map(|lot| lot.lot_id)
        .collect();
    let reference = day.reference();
    let redating = Redating {
        lots: &lots,
        expires_at: Some(end),
        cause: Cause {
            reference: &reference,
            effective_at: active_at,
        },
    };
    let new_id = || books.new_id();
    let occasion = Occasion {
        now: active_at,
        new_id: &new_id,
    };
    let Some(redated) = redate(wallet, redating, occasion)? else {
        return Ok(());
    };
    let details = contract::OperationDetails {
        program_version: day.program.version,
        details: Some(Details::Redate(contract::RedateDetails {
            cause: Why::Activity.into(),
            expire_time: Some(timestamp(end)),
            ..contract::RedateDetails::default()
        })),
    };
    let posted = Posted::new(holder_id, redated.posting);
    books.post(posted.explained(Kind::Redate, details))
}
