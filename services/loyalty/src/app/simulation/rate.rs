use ::contract::time::{instant, timestamp};
use chassis::Refusal;
use contract::patron::loyalty::v1 as contract;
use contract::simulate_rating_response::Rating as Told;
use jiff::Timestamp;

use super::{candidate, member};
use crate::app::{AppError, Loyalty};
use crate::domain::program::{PendingPolicy, Program, WalletPolicy};
use crate::domain::rating::{Budgets, Deed, Rating, RatingError, Usage, rate_all};
use crate::wire::{rated, simulation};

/// Rates a basket or an act by a program, as if it were the only one: nothing counts towards its
/// caps, and its budgets are whole.
pub(crate) async fn rate(
    loyalty: &Loyalty,
    request: contract::SimulateRatingRequest,
) -> Result<contract::SimulateRatingResponse, Refusal> {
    let at = request.time.as_ref().and_then(instant);
    let at = at.unwrap_or_else(|| loyalty.now());
    let done = simulation::done(&request, at)?;
    let mut db = loyalty.db.pool().acquire().await.map_err(AppError::from)?;
    let tried = (request.candidate.as_ref(), at);
    let program = candidate::program(loyalty, &mut db, &request.program_id, tried).await?;
    let zone = &program.document.zone;
    let member = member::member(&mut db, request.member.as_ref(), (at, zone)).await?;
    let deed = Deed {
        done,
        program,
        member,
        awards: Vec::new(),
    };
    let rating = alone(&deed).map_err(|error| simulation::unrated(&error))?;
    let mut ratings = Vec::new();
    for wallet in deed.program.document.wallets() {
        let case = rated::Case {
            program: &deed.program,
            matter: deed.done.matter(),
            member: &deed.member,
        };
        let details = rated::details(case, &rating, wallet.wallet_id).map_err(AppError::from)?;
        if !details.rules.is_empty() {
            ratings.push(told(&deed.program, wallet, details, at));
        }
    }
    Ok(contract::SimulateRatingResponse { ratings })
}

fn alone(deed: &Deed) -> Result<Rating, RatingError> {
    let deeds = std::slice::from_ref(deed);
    let mut rated = rate_all(deeds, &Usage::default(), &mut Budgets::default());
    rated.pop().unwrap_or_else(|| Ok(Rating::default()))
}

fn told(
    program: &Program,
    wallet: &WalletPolicy,
    details: contract::RatedDetails,
    at: Timestamp,
) -> Told {
    let zone = &program.document.zone;
    let expiry = wallet.expiry.as_ref();
    Told {
        wallet_id: wallet.wallet_id.to_string(),
        details: Some(details),
        active_time: active_at(wallet.pending.as_ref(), at).map(timestamp),
        expire_time: expiry.map(|expiry| timestamp(expiry.expires_at(at, zone))),
    }
}

/// When points can be used; `None`: when an awaited act comes.
fn active_at(pending: Option<&PendingPolicy>, at: Timestamp) -> Option<Timestamp> {
    let Some(pending) = pending else {
        return Some(at);
    };
    let hours = i64::from(pending.days?).saturating_mul(24);
    at.checked_add(jiff::SignedDuration::from_hours(hours)).ok()
}
