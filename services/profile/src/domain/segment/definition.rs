//! What a segment is defined as.

use jiff::Timestamp;

/// The most segments in use.
pub(crate) const MOST: i64 = 200;

/// A segment's id, as the contract has it: `^[a-z][a-z0-9_-]{0,63}$`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SegmentId(pub(crate) String);

/// What operators say of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) display_name: String,
    pub(crate) description: String,
    /// In CEL.
    pub(crate) condition: String,
}

/// A segment as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) id: SegmentId,
    /// 1, 2, 3 …
    pub(crate) version: i64,
    pub(crate) definition: Definition,
    pub(crate) archived: bool,
    /// Whether customers are still being looked at by this version for the first time.
    pub(crate) evaluating: bool,
    pub(crate) create_time: Timestamp,
    pub(crate) update_time: Timestamp,
}

/// A version of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) version: i64,
    pub(crate) definition: Definition,
    pub(crate) actor: String,
    pub(crate) create_time: Timestamp,
}

impl Segment {
    /// The version as clients see it.
    pub(crate) fn etag(&self) -> String {
        self.version.to_string()
    }

    /// Whether `etag` is the current one; empty means any.
    pub(crate) fn has_etag(&self, etag: &str) -> bool {
        etag.is_empty() || etag == self.etag()
    }
}
