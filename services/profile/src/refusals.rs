//! How callers learn of what went wrong: every error of this service, mapped once.

mod accounts;
mod attributes;
mod contact;
pub(crate) mod imports;
mod matches;
mod privacy;
mod segments;
mod tag_rules;

use std::time::Duration;

use chassis::Refusal;
use coalesce::GetError;
use contract::patron::profile::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use events::OutboxError;
use postgres::DatabaseError;
use seal::store::KeyError;
use tonic::Code;

use crate::app::intake::IntakeError;
use crate::domain::book::Refused;
use crate::domain::customer::EtagMismatch;
use crate::domain::identity::conflict::{Conflict, MAX_MEMBERS, MAX_SOURCES};
use crate::domain::identity::link::Link;
use crate::domain::identity::profile::NoSuchLink;
use crate::domain::invalid::Invalid;
use crate::store::StoreError;
use crate::store::sealed::SealError;
use crate::wire::returns::reason_of;

pub(crate) use privacy::{
    customer_restricted, erasure_not_found, identifier_suppressed, legal_hold,
    legal_hold_not_found, restriction_not_found, too_many_held,
};

/// When a caller may ask again after an outage.
const LATER: Duration = Duration::from_secs(1);

/// There is no such customer.
pub(crate) fn customer_not_found() -> Refusal {
    let reason = ErrorReason::CustomerNotFound;
    Refusal::new(Code::NotFound, reason, "there is no such customer")
}

/// A customer could not be read together with others.
pub(crate) fn unread(error: GetError<Refusal>) -> Refusal {
    match error {
        GetError::Failed(refusal) => refusal,
        GetError::Full => {
            let message = "too many reads are waiting";
            Refusal::new(Code::ResourceExhausted, Common::Overloaded, message).retry_after(LATER)
        }
        GetError::BrokenOff => unavailable(),
    }
}

/// A customer would be put where its caller may not see it.
pub(crate) fn beyond_reach(field: &str) -> Refusal {
    let message = "the caller may see some customers alone";
    let (code, reason) = (Code::PermissionDenied, Common::PermissionDenied);
    Refusal::new(code, reason, message)
        .metadata("limited_by", "records")
        .field(field, "is none of those that the caller may see")
}

/// There is no such order.
pub(crate) fn order_not_found() -> Refusal {
    let reason = ErrorReason::OrderNotFound;
    Refusal::new(Code::NotFound, reason, "this customer has no such order")
}

/// An identifier is another customer's. The value is not told: it may not be the caller's to know.
pub(crate) fn identifier_taken(kind: &str, field: &str) -> Refusal {
    let message = "an identifier belongs to another customer";
    Refusal::new(Code::AlreadyExists, ErrorReason::IdentifierTaken, message)
        .metadata("kind", kind)
        .field(field, "belongs to another customer")
}

/// Several people have an identifier of a kind that people share. The value is not told.
pub(crate) fn identifier_shared(kind: &str) -> Refusal {
    let message = "several people have the identifier, so it tells of nobody who it is";
    let reason = ErrorReason::IdentifierShared;
    Refusal::new(Code::FailedPrecondition, reason, message).metadata("kind", kind)
}

/// No such link holds the person together.
pub(crate) fn link_not_found() -> Refusal {
    let message = "no such link joins this customer to another";
    Refusal::new(Code::NotFound, ErrorReason::LinkNotFound, message)
}

/// The two ids are joined already, by this link.
pub(crate) fn already_linked(link: &Link) -> Refusal {
    let message = "a link joins these two customers already";
    Refusal::new(
        Code::FailedPrecondition,
        ErrorReason::AlreadyLinked,
        message,
    )
    .metadata("link_id", link.id.0.to_string())
}

/// A channel's record of a person is known as another customer's.
pub(crate) fn source_of_another_customer() -> Refusal {
    let reason = ErrorReason::SourceOfAnotherCustomer;
    let message = "the channel's record came in under another customer";
    Refusal::new(Code::FailedPrecondition, reason, message)
        .field("source.customer_id", "is not whom the record came in under")
}

/// A source has told an interaction with other content before.
pub(crate) fn interaction_conflict() -> Refusal {
    let message = "the source has told an interaction of this id with other content";
    Refusal::new(
        Code::AlreadyExists,
        ErrorReason::InteractionConflict,
        message,
    )
}

/// The error of a field.
pub(crate) fn invalid(invalid: &Invalid) -> Refusal {
    let message = format!("{} {}", invalid.field, invalid.problem);
    Refusal::new(Code::InvalidArgument, Common::InvalidArgument, message)
        .field(&invalid.field, invalid.problem.to_string())
}

/// Why an activity was refused. `field` paths are those of the request of a single call.
pub(crate) fn refused(refused: &Refused) -> Refusal {
    let message = refused.to_string();
    match refused {
        Refused::CustomerNotFound => customer_not_found(),
        Refused::CustomerErased => erasure::erased(),
        Refused::IdentifierSuppressed { kind } => identifier_suppressed(kind),
        Refused::IdentifierShared { kind } => identifier_shared(kind),
        Refused::OrderConflict { field } => {
            Refusal::new(Code::AlreadyExists, ErrorReason::OrderConflict, message)
                .metadata("field", format!("order.{field}"))
        }
        Refused::ReturnConflict { field } => {
            Refusal::new(Code::AlreadyExists, ErrorReason::ReturnConflict, message)
                .metadata("field", format!("return.{field}"))
        }
        Refused::Contradiction(contradiction) => {
            Refusal::new(Code::FailedPrecondition, reason_of(*contradiction), message)
        }
        Refused::SpendTooLarge(_) | Refused::TooManyAwaiting => Refusal::new(
            Code::FailedPrecondition,
            Common::FailedPrecondition,
            message,
        ),
    }
}

impl From<Invalid> for Refusal {
    fn from(error: Invalid) -> Self {
        invalid(&error)
    }
}

impl From<Conflict> for Refusal {
    fn from(error: Conflict) -> Self {
        let message = error.to_string();
        let refusal = |reason| Self::new(Code::FailedPrecondition, reason, message);
        match error {
            Conflict::SecondValue { kind } => {
                refusal(ErrorReason::SecondValue).metadata("kind", kind)
            }
            Conflict::TwoVerifiedPeople => refusal(ErrorReason::TwoVerifiedPeople),
            Conflict::TooManyMembers => {
                refusal(ErrorReason::PersonTooLarge).metadata("limit", MAX_MEMBERS.to_string())
            }
            Conflict::TooManySources => {
                refusal(ErrorReason::PersonTooLarge).metadata("limit", MAX_SOURCES.to_string())
            }
        }
    }
}

impl From<NoSuchLink> for Refusal {
    fn from(_: NoSuchLink) -> Self {
        link_not_found()
    }
}

impl From<EtagMismatch> for Refusal {
    fn from(error: EtagMismatch) -> Self {
        Self::new(Code::Aborted, Common::EtagMismatch, error.to_string())
    }
}

impl From<StoreError> for Refusal {
    #[track_caller]
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(error) => database(error),
            StoreError::Corrupt(error) => Self::internal(error),
            StoreError::Unreadable(error) => Self::internal(error),
            StoreError::Seal(SealError::Key(KeyError::Erased { .. })) => erasure::erased(),
            StoreError::Seal(error) => Self::internal(error),
            StoreError::Regrouped => unavailable(),
        }
    }
}

impl From<IntakeError> for Refusal {
    #[track_caller]
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Store(error) => error.into(),
            IntakeError::Outbox(error) => outbox(error),
            IntakeError::IdentifierVanished | IntakeError::Regrouped => unavailable(),
        }
    }
}

/// What could not be announced did not happen either: its transaction is not committed. Requests are
/// kept so small that every event fits, so one that does not is a defect.
#[track_caller]
pub(crate) fn outbox(error: OutboxError) -> Refusal {
    match error {
        OutboxError::Database(error) => database(error),
        error @ OutboxError::TooLarge { .. } => Refusal::internal(error),
    }
}

/// What became of a request whose transaction failed is not always known; all of ours may be
/// repeated.
#[track_caller]
pub(crate) fn database(error: DatabaseError) -> Refusal {
    if error.is_locked_out() {
        // Not the caller's time has run out, but our patience with whoever holds the lock.
        unavailable()
    } else if error.is_timeout() {
        let message = "the time that was allowed has run out";
        Refusal::new(Code::DeadlineExceeded, Common::DeadlineExceeded, message)
    } else if error.is_unavailable() || error.is_serialization_or_deadlock() {
        tracing::warn!(%error, "the database could not do it now");
        unavailable()
    } else {
        Refusal::internal(error)
    }
}

/// Others were in the way too often.
pub(crate) fn unavailable() -> Refusal {
    let message = "the service can't do it now; try again";
    Refusal::new(Code::Unavailable, Common::Unavailable, message).retry_after(LATER)
}
