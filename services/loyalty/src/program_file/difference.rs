use std::fmt;

use contract::patron::loyalty::v1::ProgramDocument;
use contract::patron::loyalty::v1::document_change::Kind;
use prost::Message as _;

use crate::wire::program::diff as wire;

/// One place where two documents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where; items of lists by their ids: `tier_ladders[status].tiers[gold].threshold`.
    pub path: String,
    /// As it was, as JSON; `None` when it was not there.
    pub before: Option<String>,
    /// As it would be, as JSON; `None` when it would not be there.
    pub after: Option<String>,
}

/// The places where two documents differ, in the order of the document; none when they are equal.
///
/// # Errors
/// Never for documents of this release.
pub fn diff(
    before: &ProgramDocument,
    after: &ProgramDocument,
) -> Result<Vec<Difference>, prost::DecodeError> {
    let changes = wire::diff(&before.encode_to_vec(), &after.encode_to_vec())?;
    let difference = |change: wire::Change| Difference {
        before: (change.kind != Kind::Added).then_some(change.before),
        after: (change.kind != Kind::Removed).then_some(change.after),
        path: change.path,
    };
    Ok(changes.into_iter().map(difference).collect())
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(formatter, "+ {path}: {after}"),
            (Some(before), None) => write!(formatter, "- {path}: {before}"),
            (Some(before), Some(after)) => write!(formatter, "~ {path}: {before} → {after}"),
            (None, None) => write!(formatter, "  {path}"),
        }
    }
}
