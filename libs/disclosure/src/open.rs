//! Columns that are sealed, opened for the person whose they are.

use std::fmt;

use serde_json::{Map, Value};

/// Opens what is sealed in a row.
pub trait Opener: fmt::Debug + Send + Sync + 'static {
    /// Puts what is sealed in a row of a table in the place of the sealed columns, and takes away what it was opened
    /// with. A row of a table with nothing sealed in it stays as it is.
    ///
    /// # Errors
    /// When something was changed, or stands where it was not sealed.
    fn open(&self, table: &str, row: &mut Map<String, Value>) -> Result<(), NotOpened>;
}

/// A row can't be told: what is sealed in it does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is sealed in a row of {table} does not open")]
pub struct NotOpened {
    /// Where it stands.
    pub table: String,
}
