use jiff::Timestamp;
use uuid::Uuid;

use super::{
    Digest, DrawRules, Mode, Outcome, Seed, Ticket, closing_root, commitment, holder, instant,
    merkle, selection,
};

/// Everything that is needed to check one ticket, and nothing that is not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The rules, as they were frozen.
    pub rules: DrawRules,
    /// When the draw was opened.
    pub opened_at: Timestamp,
    /// What was published then.
    pub commitment: Digest,
    /// The seed of the ticket's segment; `None` before the segment is over.
    pub seed: Option<Seed>,
    /// Whose ticket it is.
    pub customer_id: Uuid,
    /// The ticket.
    pub ticket: Ticket,
    /// The chain before the ticket.
    pub chain_before: Digest,
    /// The chain after it: the member was told so on taking part.
    pub chain_after: Digest,
    /// What was published at the end; `None` before.
    pub closing: Option<Closing>,
    /// What the server says that the ticket won, by the place of the prize.
    pub won: Option<usize>,
}

/// All tickets of a draw that has ended, and where this one stands among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// How many there are.
    pub tickets: i64,
    /// The root, as [`closing_root`] gives it.
    pub root: Digest,
    /// From the ticket to the root.
    pub path: Vec<Digest>,
}

/// What a proof shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What the ticket won.
    pub outcome: Outcome,
    /// Whether the ticket was shown to be among those of the published root. Before the draw has
    /// closed there is none.
    pub is_included: bool,
}

/// The first step of a proof that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The seed is still a secret, so nothing can be said about the outcome.
    #[error("the seed is told once its segment is over, at {at}")]
    SeedNotTold {
        /// When.
        at: Timestamp,
    },
    /// The draw was opened after the ticket was taken, or the ticket outside of the draw's time.
    #[error(
        "step 1, time: the ticket was not taken after the commitment and within the draw's time"
    )]
    Time,
    /// Rules, time and seed are not what was committed to.
    #[error("step 2, commitment: rules, time and seed give {found}, but {published} was published")]
    Commitment {
        /// What they give.
        found: Digest,
        /// What was published.
        published: Digest,
    },
    /// The ticket is another customer's.
    #[error("step 3, holder: the ticket is not that of the customer")]
    Holder,
    /// The ticket was changed after the member was told of it.
    #[error("step 4, chain: the ticket gives {found}, but the member was told {told}")]
    Chain {
        /// What it gives.
        found: Digest,
        /// What the member was told.
        told: Digest,
    },
    /// The ticket is not among those that were published.
    #[error("step 5, inclusion: the ticket is not below the published root {root}")]
    Inclusion {
        /// The root.
        root: Digest,
    },
    /// A draw at the end can't be checked before it has closed.
    #[error("step 5, inclusion: the draw has not closed yet")]
    NotClosed,
    /// Chance says otherwise.
    #[error("step 6, outcome: the ticket has {found:?}, but {claimed:?} is claimed")]
    Outcome {
        /// What the rules say.
        found: Outcome,
        /// What is claimed.
        claimed: Outcome,
    },
}

impl Proof {
    /// Checks every step, in order, from the proof alone.
    pub fn verify(&self) -> Result<Verified, ProofFault> {
        let rules = self.rules.digest();
        self.check_time()?;
        let seed = self.check_commitment(&rules)?;
        self.check_chain(&rules)?;
        let is_included = self.check_inclusion(&rules)?;
        let outcome = self.check_outcome(&seed)?;
        Ok(Verified {
            outcome,
            is_included,
        })
    }

    fn check_time(&self) -> Result<(), ProofFault> {
        let entered_at = self.ticket.entered_at;
        let is_within = (self.rules.starts_at..self.rules.ends_at).contains(&entered_at);
        if is_within && self.opened_at <= entered_at {
            Ok(())
        } else {
            Err(ProofFault::Time)
        }
    }

    fn check_commitment(&self, rules: &Digest) -> Result<Seed, ProofFault> {
        let segment = self.rules.segment_at(self.ticket.entered_at);
        let at = self.rules.segment_end(segment);
        let seed = self.seed.ok_or(ProofFault::SeedNotTold { at })?;
        let found = commitment(rules, self.opened_at, &seed.head(segment));
        let published = self.commitment;
        if found == published {
            Ok(seed)
        } else {
            Err(ProofFault::Commitment { found, published })
        }
    }

    fn check_chain(&self, rules: &Digest) -> Result<(), ProofFault> {
        if self.ticket.holder != holder(&self.rules, self.customer_id) {
            return Err(ProofFault::Holder);
        }
        let found = self.ticket.chained(&self.chain_before, rules);
        let told = self.chain_after;
        if found == told {
            Ok(())
        } else {
            Err(ProofFault::Chain { found, told })
        }
    }

    fn check_inclusion(&self, rules: &Digest) -> Result<bool, ProofFault> {
        let Some(closing) = &self.closing else {
            return match self.rules.mode {
                Mode::Instant => Ok(false),
                Mode::AtEnd => Err(ProofFault::NotClosed),
            };
        };
        let number = |signed: i64| u64::try_from(signed).unwrap_or_default();
        let place = number(self.ticket.number).checked_sub(1);
        let leaf = self.ticket.leaf(rules);
        let root = place
            .and_then(|place| merkle::climb(&leaf, place, number(closing.tickets), &closing.path));
        let found = root.map(|root| closing_root(closing.tickets, &root));
        if found == Some(closing.root) {
            Ok(true)
        } else {
            let root = closing.root;
            Err(ProofFault::Inclusion { root })
        }
    }

    fn check_outcome(&self, seed: &Seed) -> Result<Outcome, ProofFault> {
        let found = match self.rules.mode {
            Mode::Instant => instant::decide(
                &self.rules,
                &self.ticket.before,
                seed,
                self.ticket.number,
                &self.ticket.client_seed,
            ),
            Mode::AtEnd => self.drawn(seed),
        };
        let told = match self.rules.mode {
            Mode::Instant => self.ticket.outcome,
            Mode::AtEnd => found,
        };
        let claimed = self.won.map_or(Outcome::Nothing, Outcome::Won);
        if told == found && found.won() == self.won {
            Ok(found)
        } else {
            Err(ProofFault::Outcome { found, claimed })
        }
    }

    fn drawn(&self, seed: &Seed) -> Outcome {
        let Some(closing) = &self.closing else {
            return Outcome::Open;
        };
        let winners = selection::winners(&self.rules, seed, &closing.root, closing.tickets);
        let won = winners.get(&self.ticket.number);
        won.map_or(Outcome::Nothing, |place| Outcome::Won(*place))
    }
}
