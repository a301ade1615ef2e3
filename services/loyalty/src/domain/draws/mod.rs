//! Prize draws whose outcome everybody who took part can check.
//!
//! **Commit.** When a draw is opened, its rules are frozen and a secret [`Seed`] is fixed for its
//! last segment; the seed of each earlier segment is the hash of the one after it ([`SeedChain`]).
//! The [`commitment`] over the rules, the time and the first link is published before anybody takes
//! part: neither a seed nor a rule can be exchanged afterwards without being found out.
//!
//! **Take part.** Tickets get dense numbers. Each is hashed ([`Ticket::leaf`]) and chained to the one
//! before it; when the draw closes, all of them stand below one [`merkle`] root.
//!
//! **Draw.** An instant ticket is decided from the seed of its segment, its number and a text that
//! the member chose ([`instant`]); at the end, winners are drawn from the seed and the root
//! ([`selection`]). Both take numbers without bias ([`uniform`]), and both count stock and budget in
//! the order of the tickets, so a prize that was gone can be checked too.
//!
//! **Reveal.** Once a segment is over its seed is told, which tells nothing about later ones.
//! [`Proof::verify`] checks one ticket, [`LogCheck`] a whole draw; both need no server.

mod digest;
pub mod instant;
mod log;
pub mod merkle;
mod proof;
mod published;
mod rules;
mod seed;
pub mod selection;
mod tally;
mod ticket;
mod uniform;

#[cfg(test)]
mod tests;

pub use digest::{Digest, NotADigest, Transcript};
pub use instant::Outcome;
pub use log::{LogCheck, LogFault};
pub use proof::{Closing, Proof, ProofFault, Verified};
pub use published::{Published, PublishedFault};
pub use rules::{DrawRules, MAX_WINNERS, Mode, PrizeRule, RulesError};
pub use seed::{Seed, SeedChain, commitment};
pub use tally::Tally;
pub use ticket::{Ticket, closing_root, holder};
pub use uniform::uniform;
