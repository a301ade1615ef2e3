//! Proofs and published draws as the API writes them in JSON, read to be checked without it.

use std::collections::BTreeMap;

use contract::patron::loyalty::v1 as wire_types;
use contract::time::instant;
use prost::{Message, Name};
use prost_reflect::DynamicMessage;

use crate::domain::draws::{Digest, Proof, Published, Seed, Ticket};
use crate::wire::draws::{UnreadableProof, proof_of, rules_of, ticket_of};

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub enum DrawFileError {
    /// It is no JSON of that kind.
    #[error("it is not the JSON of a {what}")]
    Json {
        /// What it should be.
        what: &'static str,
        /// Where it is not.
        #[source]
        source: serde_json::Error,
    },
    /// It is, but not as the contract has it.
    #[error("it is not a {what} of this release")]
    Contract {
        /// What it should be.
        what: &'static str,
    },
    /// A field is not what it must be.
    #[error(transparent)]
    Field(#[from] UnreadableProof),
}

/// A page of the tickets of a draw.
#[derive(Clone, Debug, Default)]
pub struct TicketPage {
    /// The tickets, each with the chain after it and the place of the prize that it won.
    pub tickets: Vec<(Ticket, Digest, Option<usize>)>,
    /// Token of the next page; empty on the last.
    pub next_page_token: String,
}

impl TicketPage {
    /// The numbers that won, with the places of their prizes.
    pub fn winners(&self) -> BTreeMap<i64, usize> {
        let tickets = self.tickets.iter();
        let won = tickets.filter_map(|(ticket, _, won)| won.map(|place| (ticket.number, place)));
        won.collect()
    }
}

/// A proof, as `GetDrawProof` answers it.
pub fn proof(json: &[u8]) -> Result<Proof, DrawFileError> {
    let proof: wire_types::DrawProof = message(json, "proof")?;
    Ok(proof_of(&proof)?)
}

/// What is published of a draw, as `GetDraw` answers it.
pub fn published(json: &[u8]) -> Result<Published, DrawFileError> {
    let draw: wire_types::PrizeDraw = message(json, "draw")?;
    let rules = rules_of(draw.rules.as_ref())?;
    let told = u32::try_from(draw.told_segments)
        .unwrap_or_default()
        .checked_sub(1);
    let seed = digest(&draw.seed, "seed")?.map(Seed::new);
    let opened_at = draw.open_time.as_ref().and_then(instant);
    Ok(Published {
        opened_at: opened_at.ok_or(UnreadableProof { field: "open_time" })?,
        commitment: required(&draw.commitment, "commitment")?,
        told: told.zip(seed),
        root: digest(&draw.root, "root")?,
        rules,
    })
}

/// Tickets of a draw, as `ListDrawTickets` answers them.
pub fn tickets(published: &Published, json: &[u8]) -> Result<TicketPage, DrawFileError> {
    let page: wire_types::ListDrawTicketsResponse = message(json, "page of tickets")?;
    let read = |shown: &wire_types::DrawTicket| {
        let (ticket, won) = ticket_of(&published.rules, shown)?;
        Ok((ticket, required(&shown.chain, "chain")?, won))
    };
    let tickets = page.tickets.iter().map(read);
    Ok(TicketPage {
        tickets: tickets.collect::<Result<_, DrawFileError>>()?,
        next_page_token: page.next_page_token,
    })
}

fn digest(text: &str, field: &'static str) -> Result<Option<Digest>, UnreadableProof> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| UnreadableProof { field })
}

fn required(text: &str, field: &'static str) -> Result<Digest, UnreadableProof> {
    digest(text, field)?.ok_or(UnreadableProof { field })
}

/// A message in protobuf JSON; fields that it does not have are refused.
fn message<M: Message + Name + Default>(
    json: &[u8],
    what: &'static str,
) -> Result<M, DrawFileError> {
    let unknown = || DrawFileError::Contract { what };
    let wrong = |source| DrawFileError::Json { what, source };
    let descriptor = contract::pool().get_message_by_name(&M::full_name());
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = DynamicMessage::deserialize(descriptor.ok_or_else(unknown)?, &mut reader);
    let read = read.map_err(wrong)?;
    reader.end().map_err(wrong)?;
    read.transcode_to().map_err(|_| unknown())
}

#[cfg(test)]
mod tests;
