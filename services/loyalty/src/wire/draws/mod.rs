//! Draws, to the contract; and proofs back from it.

mod proof;

use contract::member_ticket::State as TicketState;
use contract::patron::loyalty::v1 as contract;
use contract::prize_draw::State;
use jiff::Timestamp;

use crate::app::draws::Frozen;
use crate::domain::draws::{DrawRules, Mode, Outcome, Ticket};
use crate::store::draws::tickets::Held;

pub(crate) use proof::proof;
pub(crate) use proof::{UnreadableProof, proof_of, rules_of, ticket_of};

/// A draw as it stands at an instant.
pub(crate) fn draw(frozen: &Frozen, now: Timestamp) -> contract::PrizeDraw {
    let row = &frozen.row;
    let name = frozen.draw().map(|draw| draw.display_name.clone());
    let (told, seed) = row.told.unzip();
    let (close_time, root) = row.closing.unzip();
    contract::PrizeDraw {
        rules: Some(rules(&frozen.rules)),
        display_name: name.unwrap_or_default(),
        state: state(frozen, now).into(),
        open_time: Some(::contract::time::timestamp(row.opened_at)),
        commitment: row.commitment.to_string(),
        ticket_count: row.ticket_count,
        won_counts: row.tally.won.clone(),
        told_segments: i32::try_from(told.unwrap_or_default()).unwrap_or(i32::MAX),
        seed: seed
            .map(|seed| seed.expose().to_string())
            .unwrap_or_default(),
        close_time: close_time.map(::contract::time::timestamp),
        root: root.map(|root| root.to_string()).unwrap_or_default(),
    }
}

fn state(frozen: &Frozen, now: Timestamp) -> State {
    let row = &frozen.row;
    if row.closing.is_some() {
        State::Closed
    } else if now < row.starts_at {
        State::Announced
    } else if now < row.ends_at {
        State::Open
    } else {
        State::Ended
    }
}

/// What decides a draw.
pub(crate) fn rules(rules: &DrawRules) -> contract::DrawRules {
    let prizes = rules
        .prizes
        .iter()
        .map(|prize| contract::draw_rules::DrawPrize {
            prize_id: prize.prize_id.clone(),
            odds_per_million: i32::try_from(prize.odds_per_million).unwrap_or(i32::MAX),
            stock: prize.stock,
            cost_points: prize.cost_points,
        });
    contract::DrawRules {
        program_id: rules.program_id.clone(),
        draw_id: rules.draw_id.clone(),
        mode: match rules.mode {
            Mode::Instant => contract::draw::Mode::Instant,
            Mode::AtEnd => contract::draw::Mode::AtEnd,
        }
        .into(),
        start_time: Some(::contract::time::timestamp(rules.starts_at)),
        end_time: Some(::contract::time::timestamp(rules.ends_at)),
        prizes: prizes.collect(),
        budget_points: rules.budget_points.unwrap_or_default(),
    }
}

/// A ticket as everybody may see it.
pub(crate) fn ticket(rules: &DrawRules, held: &Held) -> contract::DrawTicket {
    let won = match rules.mode {
        Mode::Instant => held.ticket.outcome.won(),
        Mode::AtEnd => held.drawn,
    };
    shown(rules, &held.ticket, won, held.chain.to_string())
}

fn shown(
    rules: &DrawRules,
    ticket: &Ticket,
    won: Option<usize>,
    chain: String,
) -> contract::DrawTicket {
    let prize = |place: Option<usize>| {
        let prize = place.and_then(|place| rules.prizes.get(place));
        prize
            .map(|prize| prize.prize_id.clone())
            .unwrap_or_default()
    };
    let missed = match ticket.outcome {
        Outcome::Gone(place) => Some(place),
        Outcome::Open | Outcome::Nothing | Outcome::Won(_) => None,
    };
    contract::DrawTicket {
        number: ticket.number,
        holder: ticket.holder.to_string(),
        client_seed: ticket.client_seed.clone(),
        enter_time: Some(::contract::time::timestamp(ticket.entered_at)),
        won_before: ticket.before.won.clone(),
        spent_before: ticket.before.spent_points,
        won_prize_id: prize(won),
        missed_prize_id: prize(missed),
        chain,
    }
}

/// A ticket of a member.
pub(crate) fn member_ticket(frozen: &Frozen, held: &Held) -> contract::MemberTicket {
    let is_decided = frozen.rules.mode == Mode::Instant || frozen.row.closing.is_some();
    let ticket = ticket(&frozen.rules, held);
    let state = match (is_decided, ticket.won_prize_id.is_empty()) {
        (false, _) => TicketState::Open,
        (true, false) => TicketState::Won,
        (true, true) => TicketState::Lost,
    };
    contract::MemberTicket {
        customer_id: held.customer_id.to_string(),
        draw_id: frozen.row.draw_id.clone(),
        ticket: Some(ticket),
        state: state.into(),
        commitment: frozen.row.commitment.to_string(),
    }
}
