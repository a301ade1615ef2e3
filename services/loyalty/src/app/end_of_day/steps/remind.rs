use calendar::Span;
use events::NewEvent;
use uuid::Uuid;

use super::Day;
use crate::app::AppError;
use crate::app::books::Books;
use crate::domain::ledger::Points;
use crate::domain::program::WalletPolicy;
use crate::wire;
use crate::wire::end_of_day::Expiring;

/// Reminds of points that will lapse as many days from now as the program says.
pub(super) fn remind(books: &mut Books, day: &Day, holder_ids: &[Uuid]) -> Result<(), AppError> {
    for holder_id in holder_ids {
        for wallet in day.program.document.wallets() {
            for expiring in what_expires(books, day, *holder_id, wallet)? {
                let event = wire::end_of_day::expiring(*holder_id, &expiring);
                books.announce(NewEvent::about(*holder_id, Some(*holder_id), &event));
            }
        }
    }
    Ok(())
}

fn what_expires(
    books: &Books,
    day: &Day,
    holder_id: Uuid,
    policy: &WalletPolicy,
) -> Result<Vec<Expiring>, AppError> {
    let Ok(wallet) = books.wallet(holder_id, Some(policy.wallet_id)) else {
        return Ok(Vec::new());
    };
    let today = day.date.tomorrow().unwrap_or(day.date);
    let mut all = Vec::new();
    for days_ahead in policy
        .expiry
        .iter()
        .flat_map(|expiry| &expiry.reminder_days)
    {
        let end = day
            .program
            .document
            .zone
            .end_of(Span::days(*days_ahead).after(today));
        let mut points = Points::ZERO;
        for lot in wallet
            .lots()
            .iter()
            .filter(|lot| lot.terms.expires_at == Some(end))
        {
            points = points.plus(lot.remaining()?)?;
        }
        if points > Points::ZERO {
            all.push(Expiring {
                wallet_id: policy.wallet_id,
                points,
                end,
                days_ahead: *days_ahead,
            });
        }
    }
    Ok(all)
}
