use jiff::Timestamp;

use super::{Digest, DrawRules, LogCheck, Seed, commitment};

/// What has been published of a draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its rules.
    pub rules: DrawRules,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What was published then.
    pub commitment: Digest,
    /// The latest segment whose seed has been told, from 0, with the seed.
    pub told: Option<(u32, Seed)>,
    /// The root, once it was closed.
    pub root: Option<Digest>,
}

/// Why what was published does not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishedFault {
    /// No seed has been told, so nothing can be checked.
    #[error("no seed has been told yet; the first one is at {at}")]
    NothingTold {
        /// When.
        at: Timestamp,
    },
    /// Rules, time and seed are not what was committed to.
    #[error("rules, time and seed give {found}, but {published} was published")]
    Commitment {
        /// What they give.
        found: Digest,
        /// What was published.
        published: Digest,
    },
}

impl Published {
    /// Checks that rules and seed are those that were committed to, and begins to check the tickets.
    pub fn check(&self) -> Result<LogCheck, PublishedFault> {
        let at = self.rules.segment_end(0);
        let (segment, seed) = self.told.ok_or(PublishedFault::NothingTold { at })?;
        let found = commitment(&self.rules.digest(), self.opened_at, &seed.head(segment));
        let published = self.commitment;
        if found == published {
            Ok(LogCheck::new(self.rules.clone(), self.told))
        } else {
            Err(PublishedFault::Commitment { found, published })
        }
    }
}
