//! Rows that this release can't read.

/// A stored value that is none of those that are ever written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row of {table} has a {column} that can't be read")]
pub(crate) struct CorruptRow {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}
