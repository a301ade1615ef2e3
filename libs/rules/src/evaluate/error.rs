use crate::source::Position;

/// Why a rule has no value for these facts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {failure}")]
pub struct EvaluationError {
    /// Where in the source.
    pub at: Position,
    /// What happened.
    pub failure: Failure,
}

/// What can happen while a rule is evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A fact that the schema promises is not there.
    #[error("the fact `{name}` is missing")]
    MissingFact {
        /// Its name.
        name: String,
    },
    /// A fact is of another kind than the schema says.
    #[error("the fact `{name}` is {found}, expected {expected}")]
    WrongFact {
        /// Its name.
        name: String,
        /// What it is.
        found: &'static str,
        /// What the schema says.
        expected: String,
    },
    /// A text is longer than the limits allow.
    #[error("a text has {bytes} bytes; at most {limit} are allowed")]
    TextTooLong {
        /// Its length.
        bytes: usize,
        /// The bound.
        limit: u32,
    },
    /// A list is longer than the schema says.
    #[error("the list `{name}` has {length} elements; at most {limit} are allowed")]
    ListTooLong {
        /// Its name.
        name: String,
        /// Its length.
        length: usize,
        /// The bound.
        limit: u32,
    },
    /// A result is beyond what can be counted.
    #[error("`{operation}` goes beyond the largest or smallest value")]
    Overflow {
        /// The operator or function.
        operation: &'static str,
    },
    /// A division by 0.
    #[error("division by zero")]
    DivisionByZero,
    /// There is no such element.
    #[error("there is no element {index} in a list of {length}")]
    NoSuchElement {
        /// The index, from 0.
        index: i64,
        /// The length of the list.
        length: usize,
    },
    /// There is no such entry.
    #[error("there is no entry {key:?}")]
    NoSuchKey {
        /// The key.
        key: String,
    },
    /// The least or greatest of nothing.
    #[error("an empty list has no `{function}`")]
    EmptyList {
        /// The function.
        function: &'static str,
    },
    /// A text that is no number.
    #[error("the text is not a whole number")]
    NotANumber,
    /// A time zone that there is not.
    #[error("`{zone}` is no IANA time zone")]
    UnknownZone {
        /// The name.
        zone: String,
    },
    /// The evaluation took more steps than the worst case that was worked out for it.
    #[error("more than {limit} steps")]
    StepsExhausted {
        /// The bound.
        limit: u64,
    },
    /// A value of another type than the checker said: a defect of this library, told as an error
    /// because a rule must not end the process.
    #[error("a value is of another type than was checked")]
    Mistyped,
}

/// A failure, and the byte of the source where it happened.
#[derive(Clone, Debug)]
pub(crate) struct Stopped {
    at: usize,
    failure: Failure,
}

impl Stopped {
    pub(crate) fn new(at: usize, failure: Failure) -> Self {
        Self { at, failure }
    }

    pub(super) fn mistyped() -> Self {
        Self::new(0, Failure::Mistyped)
    }

    pub(super) fn overflow(at: usize, operation: &'static str) -> Self {
        Self::new(at, Failure::Overflow { operation })
    }

    /// Whether no other part of the rule can make up for it.
    pub(super) fn is_final(&self) -> bool {
        matches!(self.failure, Failure::StepsExhausted { .. })
    }

    pub(super) fn is_not_found(&self) -> bool {
        matches!(
            self.failure,
            Failure::NoSuchElement { .. } | Failure::NoSuchKey { .. }
        )
    }

    pub(crate) fn in_source(self, source: &str) -> EvaluationError {
        EvaluationError {
            at: Position::of(source, self.at),
            failure: self.failure,
        }
    }
}
