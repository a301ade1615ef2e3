use std::fmt;

use jiff::Timestamp;

use super::{Digest, Transcript};

/// The secret of one segment of a draw. Not printed before it is told on purpose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(Digest);

impl Seed {
    /// A seed of these bytes.
    pub const fn new(bytes: Digest) -> Self {
        Self(bytes)
    }

    /// The bytes: only for a segment that is over, or to draw with.
    pub const fn expose(&self) -> &Digest {
        &self.0
    }

    /// The seed of the segment before; for the first segment, what is committed to.
    fn before(&self) -> Self {
        Self(
            Transcript::of("patron draw seed 1")
                .digest(&self.0)
                .finish(),
        )
    }

    /// What the first segment's seed hashes to, if this is the seed of `segment`.
    pub fn head(&self, segment: u32) -> Digest {
        let mut seed = self.before();
        for _ in 0..segment {
            seed = seed.before();
        }
        seed.0
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[seed]")
    }
}

/// The seeds of all segments, of which each follows from the next: telling one tells the earlier
/// ones, never a later one. One commitment is good for all of them.
#[derive(Clone, Copy, Debug)]
pub struct SeedChain {
    last: Seed,
    segments: u32,
}

impl SeedChain {
    /// The chain that ends in `last`.
    pub fn new(last: Seed, segments: u32) -> Self {
        Self { last, segments }
    }

    /// The seed of a segment, from 0; `None` beyond the last.
    pub fn seed(&self, segment: u32) -> Option<Seed> {
        let steps = self.segments.checked_sub(segment.checked_add(1)?)?;
        let mut seed = self.last;
        for _ in 0..steps {
            seed = seed.before();
        }
        Some(seed)
    }

    /// What the commitment is made over.
    pub fn head(&self) -> Digest {
        self.last.head(self.segments.saturating_sub(1))
    }
}

/// What is published when a draw is opened.
pub fn commitment(rules: &Digest, opened_at: Timestamp, head: &Digest) -> Digest {
    Transcript::of("patron draw commitment 1")
        .digest(rules)
        .number(opened_at.as_microsecond())
        .digest(head)
        .finish()
}
