use jiff::Timestamp;
use uuid::Uuid;

use super::{Digest, DrawRules, Outcome, Tally, Transcript};

/// A ticket as everybody may see it: it says who holds it only to those who know the customer id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its number: 1, 2, 3 … without gaps.
    pub number: i64,
    /// Who holds it, as [`holder`] gives it.
    pub holder: Digest,
    /// What the member chose, so that the outcome is not the server's alone.
    pub client_seed: String,
    /// When it was taken.
    pub entered_at: Timestamp,
    /// In an instant draw: what had been given away before it.
    pub before: Tally,
    /// In an instant draw: what it won.
    pub outcome: Outcome,
}

impl Ticket {
    /// The hash that stands for it in the chain and below the root.
    pub fn leaf(&self, rules: &Digest) -> Digest {
        let transcript = Transcript::of("patron draw leaf 1")
            .digest(rules)
            .number(self.number)
            .digest(&self.holder)
            .text(&self.client_seed)
            .number(self.entered_at.as_microsecond());
        self.before
            .written(transcript)
            .number(self.outcome.code())
            .finish()
    }

    /// The chain after it.
    pub fn chained(&self, before: &Digest, rules: &Digest) -> Digest {
        Transcript::of("patron draw chain 1")
            .digest(before)
            .digest(&self.leaf(rules))
            .finish()
    }
}

/// Stands for a customer in a draw without naming it: customer ids have enough chance in them not to
/// be tried out.
pub fn holder(rules: &DrawRules, customer_id: Uuid) -> Digest {
    Transcript::of("patron draw holder 1")
        .text(&rules.program_id)
        .text(&rules.draw_id)
        .bytes(customer_id.as_bytes())
        .finish()
}

/// What is published when a draw closes: the number of tickets and the root above them.
pub fn closing_root(tickets: i64, merkle_root: &Digest) -> Digest {
    Transcript::of("patron draw closing 1")
        .number(tickets)
        .digest(merkle_root)
        .finish()
}
