//! What a rule may hold at most: far beyond use, and small enough that every rule is cheap.

/// Bytes of a rule's text. A rule that names everything it can stays below.
pub(super) const TEXT_BYTES: usize = 1_024;

/// The largest `INTERVAL`.
pub(super) const INTERVAL: i16 = 1_000;

/// The largest `COUNT`: its last day is looked up when the rule is read.
pub(super) const COUNT: i16 = 10_000;
