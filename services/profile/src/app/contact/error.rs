use calendar::UnknownZone;
use chassis::Refusal;
use events::OutboxError;
use postgres::DatabaseError;

use crate::domain::contact::ledger::{AlreadyConfirmed, Ended};
use crate::domain::contact::opt_in::NotPending;
use crate::domain::contact::policy::UnknownTopic;
use crate::domain::invalid::Invalid;
use crate::store::StoreError;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContactError {
    #[error("there is no such customer")]
    CustomerNotFound,
    #[error("this customer has no such contact")]
    ContactNotFound,
    /// `path` is where the topic stands in the request, with its dot.
    #[error("{path}: {source}")]
    UnknownTopic { path: String, source: UnknownTopic },
    #[error("the token is not one of an opt-in")]
    TokenInvalid,
    #[error(transparent)]
    NotPending(#[from] NotPending),
    #[error(transparent)]
    Ended(#[from] Ended),
    #[error(transparent)]
    AlreadyConfirmed(#[from] AlreadyConfirmed),
    #[error("too many reservations of this customer wait to be confirmed")]
    TooManyReserved,
    #[error("the contact policy was changed since its etag was read")]
    PolicyChanged,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The zone that is compiled in is missing.
    #[error(transparent)]
    NoZone(#[from] UnknownZone),
    /// The stored policy is none.
    #[error("version {version} of the contact policy can't be read")]
    PolicyUnreadable {
        version: i64,
        #[source]
        source: Unreadable,
    },
    /// A token could not be made.
    #[error("a token could not be made")]
    Token(Box<Refusal>),
}

/// What is wrong with a document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error(transparent)]
    Encoding(#[from] prost::DecodeError),
    #[error(transparent)]
    Content(#[from] Invalid),
}
