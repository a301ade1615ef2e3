//! What is wrong with which field of a request.

use thiserror::Error;

/// How many wrong fields one answer names; more would not help anybody.
pub(crate) const MAX_VIOLATIONS: usize = 32;

/// One field that breaks the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Path of the field in the request message, as `items[3].order.lines[0].quantity`; as the
    /// caller wrote it where there is no such field.
    pub(crate) field: String,
    /// What is wrong, for people.
    pub(crate) description: String,
}

/// A request that breaks the contract in at least one field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} of the request {} not valid", count(.violations.len()), verb(.violations.len()))]
pub(crate) struct InvalidRequest {
    /// The fields; at most [`MAX_VIOLATIONS`].
    pub(crate) violations: Vec<Violation>,
}

fn count(fields: usize) -> String {
    if fields == 1 {
        "1 field".to_owned()
    } else {
        format!("{fields} fields")
    }
}

fn verb(fields: usize) -> &'static str {
    if fields == 1 { "is" } else { "are" }
}

/// Collects violations up to the bound.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    /// Notes one.
    pub(crate) fn push(&mut self, field: impl Into<String>, description: impl Into<String>) {
        if !self.is_full() {
            self.0.push(Violation {
                field: field.into(),
                description: description.into(),
            });
        }
    }

    /// Whether looking for more is of no use.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MAX_VIOLATIONS
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses the request when there is any.
    pub(crate) fn into_result(self) -> Result<(), InvalidRequest> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(InvalidRequest { violations: self.0 })
        }
    }
}
