//! Errors of erasures.

use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use tonic::Code;

use crate::domain::privacy::hold::LegalHoldId;

/// An identifier is of somebody who was erased. The value is not told.
pub(crate) fn identifier_suppressed(kind: &str) -> Refusal {
    let message = "an identifier is of somebody who was erased";
    let reason = ErrorReason::IdentifierSuppressed;
    Refusal::new(Code::FailedPrecondition, reason, message).metadata("kind", kind)
}

/// A legal hold is on the person.
pub(crate) fn legal_hold(hold: LegalHoldId) -> Refusal {
    let message = "a legal hold is on this customer: nothing of it may be erased";
    Refusal::new(Code::FailedPrecondition, ErrorReason::LegalHold, message)
        .metadata("legal_hold_id", hold.0.to_string())
}

/// There is no such erasure.
pub(crate) fn erasure_not_found() -> Refusal {
    let message = "there is no such erasure";
    Refusal::new(Code::NotFound, ErrorReason::ErasureNotFound, message)
}

/// There is no such restriction on the person.
pub(crate) fn restriction_not_found() -> Refusal {
    let message = "there is no such restriction on this customer";
    Refusal::new(Code::NotFound, ErrorReason::RestrictionNotFound, message)
}

/// The match policy leaves people alone whose processing is restricted.
pub(crate) fn customer_restricted() -> Refusal {
    let message = "the processing of one of the customers is restricted";
    Refusal::new(
        Code::FailedPrecondition,
        ErrorReason::CustomerRestricted,
        message,
    )
}

/// There is no such legal hold on the person.
pub(crate) fn legal_hold_not_found() -> Refusal {
    let message = "there is no such legal hold on this customer";
    Refusal::new(Code::NotFound, ErrorReason::LegalHoldNotFound, message)
}

/// More ids are held than other services can be told.
pub(crate) fn too_many_held() -> Refusal {
    let message = "legal holds are on people of more ids than other services can be told";
    Refusal::new(Code::FailedPrecondition, ErrorReason::TooManyHeld, message)
}
