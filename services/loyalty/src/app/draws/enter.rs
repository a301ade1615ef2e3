//! Taking part in a draw.

use contract::patron::loyalty::v1 as contract;
use events::NewEvent;
use jiff::Timestamp;
use sqlx::PgTransaction;
use tonic::{Response, Status};
use uuid::Uuid;

use super::{DrawsError, Frozen};
use crate::app::Call;
use crate::app::books::{Books, Need};
use crate::app::{AppError, Loyalty, eligibility, grants};
use crate::domain::State;
use crate::domain::draws::{Mode, Outcome, SeedChain, Tally, Ticket, holder, instant};
use crate::domain::grants::{CauseKind, GrantCause};
use crate::domain::program::Draw;
use crate::store::draws::tickets::{self, Held, Used};
use crate::store::draws::{self};
use crate::wire;

const METHOD: &str = "patron.loyalty.v1.DrawService/EnterDraw";

/// A ticket that is about to be taken.
pub(super) struct Entry<'a> {
    pub(super) customer_id: Uuid,
    pub(super) client_seed: &'a str,
    pub(super) entered_at: Timestamp,
    pub(super) is_free: bool,
}

/// Takes part once for each request.
pub(crate) async fn enter(
    loyalty: &Loyalty,
    call: &Call,
    request: contract::EnterDrawRequest,
) -> Result<Response<contract::MemberTicket>, Status> {
    let customer_id = wire::id(&request.customer_id, "customer_id")?;
    let key = (METHOD, request.request_id.as_str(), false);
    let mut begun = match loyalty.begin(call, &request, key).await {
        Ok(begun) => begun,
        Err(answer) => return answer,
    };
    let entered = write(loyalty, begun.transaction(), customer_id, &request).await;
    let told = entered.map(|(frozen, held)| wire::draws::member_ticket(&frozen, &held));
    begun.finish(loyalty, told).await
}

async fn write(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    request: &contract::EnterDrawRequest,
) -> Result<(Frozen, Held), AppError> {
    let mut books = Books::open(loyalty, tx, &[Need::of(customer_id)]).await?;
    let member = books.holder(customer_id)?;
    if member.state != State::Active {
        return Err(DrawsError::NotActive.into());
    }
    let program_id = member.program.program_id.clone();
    let mut frozen = lock(loyalty, tx, program_id.as_str(), &request.draw_id).await?;
    let seeds = frozen.seeds(loyalty.secret.expose())?;
    let entered_at = books.now();
    require_running(&frozen, entered_at)?;
    let draw = frozen.draw()?.clone();
    if !eligibility::passes(tx, customer_id, &draw.gates).await? {
        return Err(DrawsError::NotEligible.into());
    }
    let entry = Entry {
        customer_id,
        client_seed: &request.client_seed,
        entered_at,
        is_free: is_free(tx, customer_id, &draw, program_id.as_str()).await?,
    };
    let held = take(tx, &mut frozen, &seeds, entry).await?;
    reward(loyalty, tx, &mut books, &frozen, &held).await?;
    books.write(tx).await?;
    Ok((frozen, held))
}

/// Locks a draw: tickets of one are taken one after the other.
pub(super) async fn lock(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    program_id: &str,
    draw_id: &str,
) -> Result<Frozen, AppError> {
    let row = draws::lock(tx, program_id, draw_id).await?;
    let row = row.ok_or_else(|| DrawsError::NotFound {
        draw_id: draw_id.to_owned(),
    })?;
    Frozen::of(loyalty, tx, row).await
}

/// A ticket may also come too late by having waited: once the seed of its segment is told, its text
/// could have been chosen to win.
fn require_running(frozen: &Frozen, at: Timestamp) -> Result<(), DrawsError> {
    let rules = &frozen.rules;
    let is_told = frozen.told(rules.segment_at(at)).is_some();
    let (starts_at, ends_at) = (rules.starts_at, rules.ends_at);
    if at < starts_at || at >= ends_at || is_told || at < frozen.row.opened_at {
        return Err(DrawsError::NotRunning { starts_at, ends_at });
    }
    Ok(())
}

/// Which kind of ticket is used: one that was given goes first.
async fn is_free(
    tx: &mut PgTransaction<'_>,
    customer_id: Uuid,
    draw: &Draw,
    program_id: &str,
) -> Result<bool, AppError> {
    let draw_id = draw.draw_id.as_str();
    let used = tickets::used(&mut **tx, customer_id, program_id, draw_id).await?;
    let given = tickets::given(&mut **tx, customer_id, draw_id).await?;
    if let Some(limit) = draw.per_member_limit
        && used.free + used.given >= i64::from(limit)
    {
        return Err(DrawsError::TicketLimit { limit }.into());
    }
    Ok(kind(used, given, draw.free_entries)?)
}

fn kind(used: Used, given: i64, free: u32) -> Result<bool, DrawsError> {
    match (given > used.given, used.free < i64::from(free)) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        (false, false) => Err(DrawsError::NoTicket),
    }
}

/// Gives the ticket its number, decides it where it is decided at once, and writes it.
pub(super) async fn take(
    tx: &mut PgTransaction<'_>,
    frozen: &mut Frozen,
    seeds: &SeedChain,
    entry: Entry<'_>,
) -> Result<Held, AppError> {
    let (ticket, before) = numbered(frozen, seeds, &entry);
    let rules = frozen.rules.digest();
    let held = Held {
        customer_id: entry.customer_id,
        is_free: entry.is_free,
        chain: ticket.chained(&before, &rules),
        drawn: None,
        ticket,
    };
    let row = &mut frozen.row;
    row.ticket_count = held.ticket.number;
    row.chain = held.chain;
    if let Some(place) = held.ticket.outcome.won() {
        row.tally.count(&frozen.rules, place);
    }
    tickets::insert(tx, row, &held, &held.ticket.leaf(&rules)).await?;
    draws::count_ticket(tx, row).await?;
    Ok(held)
}

fn numbered(
    frozen: &Frozen,
    seeds: &SeedChain,
    entry: &Entry<'_>,
) -> (Ticket, crate::domain::draws::Digest) {
    let (rules, row) = (&frozen.rules, &frozen.row);
    let number = row.ticket_count.saturating_add(1);
    let seed = seeds.seed(rules.segment_at(entry.entered_at));
    let (before, outcome) = match (rules.mode, seed) {
        (Mode::Instant, Some(seed)) => {
            let text = entry.client_seed;
            let outcome = instant::decide(rules, &row.tally, &seed, number, text);
            (row.tally.clone(), outcome)
        }
        (Mode::Instant | Mode::AtEnd, _) => (Tally::default(), Outcome::Open),
    };
    let ticket = Ticket {
        number,
        holder: holder(rules, entry.customer_id),
        client_seed: entry.client_seed.to_owned(),
        entered_at: entry.entered_at,
        before,
        outcome,
    };
    (ticket, row.chain)
}

async fn reward(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    frozen: &Frozen,
    held: &Held,
) -> Result<(), AppError> {
    let customer_id = held.customer_id;
    let (draw_id, number) = (frozen.row.draw_id.clone(), held.ticket.number);
    let event = contract::DrawEntered {
        customer_id: customer_id.to_string(),
        draw_id,
        number,
    };
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    if let Some(place) = held.ticket.outcome.won() {
        give(loyalty, tx, books, frozen, (customer_id, number, place)).await?;
    }
    Ok(())
}

/// Gives a ticket's prize.
pub(super) async fn give(
    loyalty: &Loyalty,
    tx: &mut PgTransaction<'_>,
    books: &mut Books,
    frozen: &Frozen,
    (customer_id, number, place): (Uuid, i64, usize),
) -> Result<(), AppError> {
    let Some(prize) = frozen.draw()?.prizes.get(place) else {
        return Ok(());
    };
    let draw_id = &frozen.row.draw_id;
    let cause = GrantCause::new(CauseKind::Draw, format!("{draw_id}/{number}"));
    let now = books.now();
    grants::give(loyalty, tx, books, customer_id, &prize.grants, &cause, now).await?;
    let event = contract::DrawWon {
        customer_id: customer_id.to_string(),
        draw_id: draw_id.clone(),
        number,
        prize_id: prize.prize_id.as_str().to_owned(),
    };
    books.announce(NewEvent::about(customer_id, Some(customer_id), &event));
    Ok(())
}
