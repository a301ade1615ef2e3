use std::collections::BTreeMap;

use super::{
    Digest, DrawRules, Mode, Outcome, Seed, Tally, Ticket, closing_root, instant, merkle, selection,
};

/// Checks a whole draw, ticket by ticket: that numbers are dense, that stock and budget were counted
/// right, that the chain holds, and that all of it leads to the published root. Holds one hash for
/// each ticket.
#[derive(Debug)]
pub struct LogCheck {
    rules: DrawRules,
    digest: Digest,
    told: Option<(u32, Seed)>,
    chain: Digest,
    tally: Tally,
    leaves: Vec<Digest>,
}

/// The first thing in a draw that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// A ticket is missing or stands twice.
    #[error("ticket {number} stands where ticket {expected} should")]
    Number {
        /// Its number.
        number: i64,
        /// The number that comes next.
        expected: i64,
    },
    /// The ticket does not follow from the one before.
    #[error("ticket {number}: the chain gives {found}, but {published} was published")]
    Chain {
        /// The ticket.
        number: i64,
        /// What the chain gives.
        found: Digest,
        /// What was published.
        published: Digest,
    },
    /// What had been given away before a ticket was counted wrongly.
    #[error(
        "ticket {number}: it says that {claimed:?} was given away before it, but {found:?} was"
    )]
    Tally {
        /// The ticket.
        number: i64,
        /// What the tickets before it give.
        found: Tally,
        /// What it says.
        claimed: Tally,
    },
    /// Chance says otherwise.
    #[error("ticket {number} has {found:?}, but {claimed:?} is claimed")]
    Outcome {
        /// The ticket.
        number: i64,
        /// What the rules say.
        found: Outcome,
        /// What is claimed.
        claimed: Outcome,
    },
    /// The tickets are not those that were published.
    #[error("the tickets give the root {found}, but {published} was published")]
    Root {
        /// What they give.
        found: Digest,
        /// What was published.
        published: Digest,
    },
}

impl LogCheck {
    /// Begins; `told` is the seed of the latest segment that is over.
    pub fn new(rules: DrawRules, told: Option<(u32, Seed)>) -> Self {
        Self {
            digest: rules.digest(),
            tally: Tally::none(&rules),
            told,
            rules,
            chain: Digest::default(),
            leaves: Vec::new(),
        }
    }

    /// Takes the next ticket, with the chain that was published after it and what it is said to
    /// have won.
    pub fn take(
        &mut self,
        ticket: &Ticket,
        published: Digest,
        won: Option<usize>,
    ) -> Result<(), LogFault> {
        let number = ticket.number;
        let expected = i64::try_from(self.leaves.len()).unwrap_or(i64::MAX - 1) + 1;
        if number != expected {
            return Err(LogFault::Number { number, expected });
        }
        let found = ticket.chained(&self.chain, &self.digest);
        if found != published {
            return Err(LogFault::Chain {
                number,
                found,
                published,
            });
        }
        if self.rules.mode == Mode::Instant {
            self.take_outcome(ticket, won)?;
        }
        self.chain = found;
        self.leaves.push(ticket.leaf(&self.digest));
        Ok(())
    }

    fn take_outcome(&mut self, ticket: &Ticket, won: Option<usize>) -> Result<(), LogFault> {
        let number = ticket.number;
        if ticket.before != self.tally {
            return Err(LogFault::Tally {
                number,
                found: self.tally.clone(),
                claimed: ticket.before.clone(),
            });
        }
        if let Some(seed) = self.seed_of(ticket) {
            let text = &ticket.client_seed;
            let found = instant::decide(&self.rules, &self.tally, &seed, number, text);
            if found != ticket.outcome || found.won() != won {
                let claimed = ticket.outcome;
                return Err(LogFault::Outcome {
                    number,
                    found,
                    claimed,
                });
            }
        }
        if let Some(place) = ticket.outcome.won() {
            self.tally.count(&self.rules, place);
        }
        Ok(())
    }

    /// The seed of the ticket's segment, if that is over.
    fn seed_of(&self, ticket: &Ticket) -> Option<Seed> {
        let segment = self.rules.segment_at(ticket.entered_at);
        let (latest, seed) = self.told.filter(|(latest, _)| segment <= *latest)?;
        super::SeedChain::new(seed, latest + 1).seed(segment)
    }

    /// Compares with what was published at the end, and draws the winners of a draw at the end.
    pub fn finish(
        self,
        published: Digest,
        won: &BTreeMap<i64, usize>,
    ) -> Result<Vec<Digest>, LogFault> {
        let count = i64::try_from(self.leaves.len()).unwrap_or(i64::MAX);
        let found = closing_root(count, &merkle::root(&self.leaves));
        if found != published {
            return Err(LogFault::Root { found, published });
        }
        if let (Mode::AtEnd, Some((_, seed))) = (self.rules.mode, self.told) {
            let drawn = selection::winners(&self.rules, &seed, &published, count);
            difference(&drawn, won)?;
        }
        Ok(self.leaves)
    }
}

/// The first ticket about which two lists of winners disagree.
fn difference(
    drawn: &BTreeMap<i64, usize>,
    claimed: &BTreeMap<i64, usize>,
) -> Result<(), LogFault> {
    let outcome = |winners: &BTreeMap<i64, usize>, number: i64| {
        let won = winners.get(&number);
        won.map_or(Outcome::Nothing, |place| Outcome::Won(*place))
    };
    let numbers = drawn.keys().chain(claimed.keys()).copied();
    let differing = numbers.filter(|number| drawn.get(number) != claimed.get(number));
    differing.min().map_or(Ok(()), |number| {
        Err(LogFault::Outcome {
            number,
            found: outcome(drawn, number),
            claimed: outcome(claimed, number),
        })
    })
}
