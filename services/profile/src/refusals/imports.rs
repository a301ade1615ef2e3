//! How callers learn what is wrong with imports, and with rows of them.

use chassis::Refusal;
use contract::patron::profile::v1::ErrorReason;
use contract::patron::r#type::v1::ErrorReason as Common;
use tonic::Code;

use crate::domain::imports::attributes::{Said, Wrong};
use crate::domain::imports::columns::Unreadable;
use crate::domain::imports::crowd::RowRefused;
use crate::domain::imports::row::RowError;
use crate::domain::imports::{Fault, Import, NotNow};

/// There is no such import.
pub(crate) fn not_found() -> Refusal {
    let reason = ErrorReason::ImportNotFound;
    Refusal::new(Code::NotFound, reason, "there is no such import")
}

/// More rows were wrong than may be.
pub(crate) fn too_many_errors(import: &Import) -> Refusal {
    let reason = ErrorReason::ImportTooManyErrors;
    let message = "more rows were wrong than may be; the import is given up";
    Refusal::new(Code::FailedPrecondition, reason, message)
        .metadata("failed", import.counts.failed.to_string())
}

impl From<NotNow> for Refusal {
    fn from(error: NotNow) -> Self {
        let message = error.to_string();
        match error {
            NotNow::NotOpen { state } => {
                let reason = ErrorReason::ImportNotOpen;
                Self::new(Code::FailedPrecondition, reason, message)
                    .metadata("state", state.name().to_uppercase())
            }
            NotNow::Gap { next_offset } => {
                let reason = ErrorReason::ImportOffsetMismatch;
                Self::new(Code::Aborted, reason, message)
                    .metadata("next_offset", next_offset.to_string())
            }
        }
    }
}

impl From<Unreadable> for Refusal {
    fn from(error: Unreadable) -> Self {
        let reason = ErrorReason::ImportFileUnreadable;
        let refusal = Self::new(Code::FailedPrecondition, reason, error.to_string());
        match error {
            Unreadable::ColumnMissing { column } => refusal
                .metadata("cause", "COLUMN_MISSING")
                .metadata("column", column),
            Unreadable::ColumnTwice { column } => refusal
                .metadata("cause", "COLUMN_TWICE")
                .metadata("column", column),
            Unreadable::Header => refusal.metadata("cause", "HEADER"),
            Unreadable::Utf16 => refusal.metadata("cause", "UTF16"),
        }
    }
}

/// What is wrong with a row that can't be read.
pub(crate) fn unreadable_row(error: &RowError) -> Fault {
    let reason = ErrorReason::ImportRowUnreadable;
    let refusal = Refusal::new(Code::InvalidArgument, reason, error.to_string());
    of_refusal(&refusal, error.column())
}

/// Why a row was refused that could be read.
pub(crate) fn fault(refused: &RowRefused) -> Fault {
    match refused {
        RowRefused::Conflict(conflict) => of_refusal(&conflict.clone().into(), ""),
        RowRefused::CustomerNotFound => of_refusal(&super::customer_not_found(), "customer_id"),
        RowRefused::SourceOfAnotherCustomer => {
            of_refusal(&super::source_of_another_customer(), "customer_id")
        }
    }
}

/// Why the value of an attribute was refused.
pub(crate) fn attribute_fault(wrong: &Wrong, said: &Said) -> Fault {
    let (code, reason) = match wrong {
        Wrong::NotFound(_) => (Code::NotFound, ErrorReason::AttributeNotFound),
        Wrong::Archived(_) => (Code::FailedPrecondition, ErrorReason::AttributeArchived),
        Wrong::Value { .. } => (Code::InvalidArgument, ErrorReason::AttributeValueInvalid),
    };
    of_refusal(&Refusal::new(code, reason, wrong.to_string()), &said.label)
}

/// A row holds a mask in place of a value, as somebody is shown it who may not see the value.
pub(crate) fn masked_fault(said: &Said) -> Fault {
    let message = "is a mask, as the caller is shown it";
    let refusal = Refusal::new(Code::InvalidArgument, Common::MaskedValue, message);
    of_refusal(&refusal, &said.label)
}

/// The file has columns of attributes that are hidden from the caller.
pub(crate) fn hidden_columns(places: &[usize]) -> Refusal {
    let message = "the file holds attributes that the caller may not see";
    let refusal = Refusal::new(Code::PermissionDenied, Common::FieldNotExposed, message);
    places.iter().fold(refusal, |refusal, at| {
        let field = format!("import.columns[{at}].field");
        refusal.field(&field, "is of a class that is hidden from the caller")
    })
}

/// The same as a call would have been answered.
pub(crate) fn of_refusal(refusal: &Refusal, field: &str) -> Fault {
    Fault {
        field: field.to_owned(),
        reason: refusal.reason().to_owned(),
        message: refusal.message().to_owned(),
    }
}
