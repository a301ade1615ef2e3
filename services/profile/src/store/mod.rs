//! SQL and rows. What is read here comes out as domain types.

pub(crate) mod accounts;
pub(crate) mod attributes;
pub(crate) mod contact;
pub(crate) mod corrupt;
pub(crate) mod customers;
mod details;
pub(crate) mod disclosed;
pub(crate) mod health;
pub(crate) mod homes;
pub(crate) mod identifiers;
pub(crate) mod imports;
pub(crate) mod interactions;
pub(crate) mod links;
pub(crate) mod matches;
pub(crate) mod order_ids;
pub(crate) mod orders;
pub(crate) mod policies;
pub(crate) mod privacy;
pub(crate) mod ratings;
pub(crate) mod remarks;
pub(crate) mod return_ids;
pub(crate) mod returns;
pub(crate) mod rotation;
pub(crate) mod sealed;
pub(crate) mod segments;
pub(crate) mod source_keys;
pub(crate) mod sources;
pub(crate) mod tag_rules;
pub(crate) mod tags;
pub(crate) mod timeline;
pub(crate) mod traits;

pub(crate) use corrupt::CorruptRow;
pub(crate) use sealed::Keys;

use postgres::DatabaseError;
use sealed::{SealError, Unreadable};
use sqlx::types::Json;

/// Why the storage did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Corrupt(#[from] CorruptRow),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The same request finds them later.
    #[error("a customer is joined or parted again and again")]
    Regrouped,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Each item as a JSON document, for a `jsonb[]` parameter.
fn documents<T, D>(items: &[T], document: impl Fn(&T) -> D) -> Vec<Json<D>> {
    items.iter().map(|item| Json(document(item))).collect()
}

/// One text of each item, for a `text[]` parameter.
fn texts<T>(items: &[T], text: impl Fn(&T) -> &str) -> Vec<&str> {
    items.iter().map(text).collect()
}
