//! Personal data at rest: sealed under a key of its own for each customer, found by blind indexes, and
//! shredded by destroying the key.
//!
//! - A [`Keyring`] holds the secrets of an installation: master keys, which wrap the keys of customers,
//!   and index keys, which make fingerprints. Of each kind the first is in use; the others still open, or
//!   find, what was made by them, until it is made anew.
//! - A [`DataKey`] seals values. A sealed value opens only at its [`Place`] and in its version: moved to
//!   another customer, table, column or version it does not. A digest by it tells whether the customer has a
//!   value already.
//! - A [`ServiceKey`] seals what can't be put down to one customer.
//! - [`store`] keeps the wrapped keys of customers. A customer never had one, has a live one, or has a
//!   tombstone. A tombstone is for ever: no key is made over it, and it can be replayed over a database that
//!   was restored from before it.
//! - A document is sealed in a [`Column`] of a row. What is read beside the customer's key is [`Sealed`], or [`Kept`] where
//!   the row stays when the customer is erased. Rows of before are sealed by a [`Backlog`].
//! - [`attach`] lets a service wrap the keys in its database anew when the keyring has a new master key.

mod backlog;
mod data_key;
mod document;
mod fingerprint;
mod kept;
mod keyring;
mod rotation;
mod service_key;
pub mod store;

use sqlx::migrate::Migrator;

pub use backlog::{Backlog, BacklogError, attach_backlog};
pub use data_key::{CannotOpen, DataKey, Place, Wrapped};
pub use document::{Column, NotSealed, Sealed, Unreadable};
pub use fingerprint::Fingerprint;
pub use kept::Kept;
pub use keyring::{Keyring, KeyringError, development_keyring};
pub use rotation::attach;
pub use service_key::ServiceKey;

/// The keys of customers: versions 300 to 309 of a service's migrations.
pub static MIGRATIONS: Migrator = sqlx::migrate!();

/// The source of randomness failed: nothing can be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;
