//! Proofs, both ways. What is read back is written again and compared by whoever checks it, so that
//! there is one way only to write each proof.

use ::contract::time::{instant, timestamp};
use contract::patron::loyalty::v1 as contract;
use jiff::Timestamp;
use uuid::Uuid;

use super::{rules, shown};
use crate::domain::draws::{
    Closing, Digest, DrawRules, Mode, Outcome, PrizeRule, Proof, Seed, Tally, Ticket,
};

/// A field of a proof that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field {field} of the proof can't be read")]
pub struct UnreadableProof {
    /// The field.
    pub field: &'static str,
}

/// A proof, to the contract.
pub(crate) fn proof(proof: &Proof) -> contract::DrawProof {
    let closing = proof.closing.as_ref();
    let chain = proof.chain_after.to_string();
    contract::DrawProof {
        rules: Some(rules(&proof.rules)),
        open_time: Some(timestamp(proof.opened_at)),
        commitment: proof.commitment.to_string(),
        seed: proof
            .seed
            .map(|seed| seed.expose().to_string())
            .unwrap_or_default(),
        customer_id: proof.customer_id.to_string(),
        ticket: Some(shown(&proof.rules, &proof.ticket, proof.won, chain)),
        chain_before: proof.chain_before.to_string(),
        ticket_count: closing.map_or(0, |closing| closing.tickets),
        root: closing
            .map(|closing| closing.root.to_string())
            .unwrap_or_default(),
        path: closing.map_or_else(Vec::new, |closing| {
            closing.path.iter().map(Digest::to_string).collect()
        }),
    }
}

/// A proof, from the contract. Refused when it could have been written in another way.
pub(crate) fn proof_of(wire: &contract::DrawProof) -> Result<Proof, UnreadableProof> {
    let rules = rules_of(wire.rules.as_ref())?;
    let shown = wire.ticket.as_ref().ok_or(unreadable("ticket"))?;
    let (ticket, won) = ticket_of(&rules, shown)?;
    let read = Proof {
        opened_at: time(wire.open_time.as_ref(), "open_time")?,
        commitment: digest(&wire.commitment, "commitment")?,
        seed: optional(&wire.seed, "seed")?.map(Seed::new),
        customer_id: Uuid::try_parse(&wire.customer_id).map_err(|_| unreadable("customer_id"))?,
        chain_before: digest(&wire.chain_before, "chain_before")?,
        chain_after: digest(&shown.chain, "ticket.chain")?,
        closing: closing(wire)?,
        rules,
        ticket,
        won,
    };
    if proof(&read) == *wire {
        Ok(read)
    } else {
        Err(unreadable("ticket"))
    }
}

fn closing(wire: &contract::DrawProof) -> Result<Option<Closing>, UnreadableProof> {
    let Some(root) = optional(&wire.root, "root")? else {
        return Ok(None);
    };
    let path = wire.path.iter().map(|hash| digest(hash, "path"));
    Ok(Some(Closing {
        tickets: wire.ticket_count,
        root,
        path: path.collect::<Result<_, _>>()?,
    }))
}

/// The rules of a draw.
pub(crate) fn rules_of(wire: Option<&contract::DrawRules>) -> Result<DrawRules, UnreadableProof> {
    let wire = wire.ok_or(unreadable("rules"))?;
    let prizes = wire.prizes.iter().map(|prize| PrizeRule {
        prize_id: prize.prize_id.clone(),
        odds_per_million: i64::from(prize.odds_per_million),
        stock: prize.stock,
        cost_points: prize.cost_points,
    });
    Ok(DrawRules {
        program_id: wire.program_id.clone(),
        draw_id: wire.draw_id.clone(),
        mode: match wire.mode() {
            contract::draw::Mode::Instant => Mode::Instant,
            contract::draw::Mode::AtEnd => Mode::AtEnd,
            contract::draw::Mode::Unspecified => return Err(unreadable("rules.mode")),
        },
        starts_at: time(wire.start_time.as_ref(), "rules.start_time")?,
        ends_at: time(wire.end_time.as_ref(), "rules.end_time")?,
        prizes: prizes.collect(),
        budget_points: Some(wire.budget_points).filter(|budget| *budget != 0),
    })
}

/// A ticket, and the place of the prize that it is said to have won.
pub(crate) fn ticket_of(
    rules: &DrawRules,
    wire: &contract::DrawTicket,
) -> Result<(Ticket, Option<usize>), UnreadableProof> {
    let won = place(rules, &wire.won_prize_id, "ticket.won_prize_id")?;
    let missed = place(rules, &wire.missed_prize_id, "ticket.missed_prize_id")?;
    let ticket = Ticket {
        number: wire.number,
        holder: digest(&wire.holder, "ticket.holder")?,
        client_seed: wire.client_seed.clone(),
        entered_at: time(wire.enter_time.as_ref(), "ticket.enter_time")?,
        before: Tally {
            won: wire.won_before.clone(),
            spent_points: wire.spent_before,
        },
        outcome: match (rules.mode, won, missed) {
            (Mode::AtEnd, _, None) => Outcome::Open,
            (Mode::Instant, Some(won), None) => Outcome::Won(won),
            (Mode::Instant, None, Some(missed)) => Outcome::Gone(missed),
            (Mode::Instant, None, None) => Outcome::Nothing,
            _ => return Err(unreadable("ticket.missed_prize_id")),
        },
    };
    Ok((ticket, won))
}

/// The place of a prize; `None` for the empty id.
fn place(
    rules: &DrawRules,
    prize_id: &str,
    field: &'static str,
) -> Result<Option<usize>, UnreadableProof> {
    if prize_id.is_empty() {
        return Ok(None);
    }
    let mut prizes = rules.prizes.iter();
    let place = prizes.position(|prize| prize.prize_id == prize_id);
    place.map(Some).ok_or(unreadable(field))
}

fn unreadable(field: &'static str) -> UnreadableProof {
    UnreadableProof { field }
}

fn digest(text: &str, field: &'static str) -> Result<Digest, UnreadableProof> {
    text.parse().map_err(|_| unreadable(field))
}

fn optional(text: &str, field: &'static str) -> Result<Option<Digest>, UnreadableProof> {
    if text.is_empty() {
        return Ok(None);
    }
    digest(text, field).map(Some)
}

fn time(
    wire: Option<&prost_types::Timestamp>,
    field: &'static str,
) -> Result<Timestamp, UnreadableProof> {
    wire.and_then(instant).ok_or(unreadable(field))
}
