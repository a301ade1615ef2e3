//! What is wrong with a source.

use std::fmt;

use crate::source::{Position, Span};

/// Why a source is no rule: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// In the order of the source; at least one.
    pub problems: Vec<Problem>,
    /// Further problems that were found beyond [`Limits::problems`](crate::Limits::problems).
    pub omitted: usize,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it begins.
    pub at: Position,
    /// What it is.
    pub fault: Fault,
}

/// What can be wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The source is too long.
    #[error("the source has {bytes} bytes; at most {limit} are allowed")]
    SourceTooLong {
        /// Its length.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// The source has too many parts.
    #[error("the expression has more than {limit} parts")]
    TooManyNodes {
        /// The bound.
        limit: usize,
    },
    /// The source is nested too deeply.
    #[error("the expression is nested more than {limit} levels deep")]
    TooDeep {
        /// The bound.
        limit: usize,
    },
    /// Macros over lists are nested too deeply.
    #[error("more than {limit} lists are gone through inside one another")]
    MacrosTooDeep {
        /// The bound.
        limit: usize,
    },
    /// The rule may take too long.
    #[error("one evaluation may take {steps} steps; at most {limit} are allowed")]
    TooCostly {
        /// The steps in the worst case.
        steps: u64,
        /// The bound.
        limit: u64,
    },
    /// Something stands where something else is expected.
    #[error("found {found}, expected {expected}")]
    Unexpected {
        /// What stands there.
        found: String,
        /// What could.
        expected: String,
    },
    /// Characters that have no meaning here.
    #[error("`{found}` has no meaning outside of quotation marks")]
    UnexpectedCharacters {
        /// The characters.
        found: String,
    },
    /// A number that is none.
    #[error("`{found}` is not a number")]
    NotANumber {
        /// What was written.
        found: String,
    },
    /// A number beyond 64 bits.
    #[error("{found} is beyond {}, the largest number", i64::MAX)]
    IntegerTooLarge {
        /// What was written.
        found: String,
    },
    /// A quotation without its end.
    #[error("the quotation is not closed")]
    UnclosedText,
    /// A backslash before something that it has no meaning with.
    #[error("`{escape}` is no escape sequence; a backslash itself is written `\\\\`")]
    UnknownEscape {
        /// The escape.
        escape: String,
    },
    /// A word that CEL reserves.
    #[error("`{word}` is a reserved word")]
    ReservedWord {
        /// The word.
        word: String,
    },
    /// Something of CEL that rules do without.
    #[error("{0}")]
    Unsupported(Unsupported),
    /// A name that the schema does not have.
    #[error("there is no `{name}` here{}", suggestion(near.as_deref()))]
    UnknownName {
        /// The name.
        name: String,
        /// A known one that resembles it.
        near: Option<String>,
    },
    /// A field that the structure does not have.
    #[error("{owner} has no field `{field}`{}", suggestion(near.as_deref()))]
    UnknownField {
        /// The structure.
        owner: String,
        /// The field.
        field: String,
        /// A known one that resembles it.
        near: Option<String>,
    },
    /// A function that there is not.
    #[error("there is no function `{name}`{}", suggestion(near.as_deref()))]
    UnknownFunction {
        /// The function.
        name: String,
        /// A known one that resembles it.
        near: Option<String>,
    },
    /// A value of another type than is needed.
    #[error("{subject} is {found}, expected {expected}")]
    WrongType {
        /// Whose type it is.
        subject: String,
        /// Its type.
        found: String,
        /// The type that is needed.
        expected: String,
    },
    /// An operator between types that it is not for.
    #[error("{left} {operator} {right} has no meaning{}", expectation(expected))]
    WrongOperands {
        /// The operator.
        operator: &'static str,
        /// The type on its left.
        left: String,
        /// The type on its right.
        right: String,
        /// What would do.
        expected: &'static str,
    },
    /// A function called in a way that it is not for.
    #[error("found {found}, expected {expected}")]
    WrongCall {
        /// The call, by types.
        found: String,
        /// The calls that there are.
        expected: String,
    },
    /// A field or an entry that may be missing is read as if it were always there.
    #[error("`{place}` may be missing: write `{guard} && …` before it, or `{fallback}`")]
    MayBeMissing {
        /// What is read.
        place: String,
        /// The condition that makes it safe.
        guard: String,
        /// The expression that does without a condition.
        fallback: String,
    },
    /// A macro's variable with the name of something that is already there.
    #[error("`{name}` already means something here; give the variable another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A key that a map has twice.
    #[error("the key {key:?} is there twice")]
    KeyTwice {
        /// The key.
        key: String,
    },
    /// An argument that has to be written out.
    #[error("{what} has to be written out, as a text in quotation marks")]
    NotConstant {
        /// The argument.
        what: &'static str,
    },
    /// A text that is too long.
    #[error("the text has {bytes} bytes; at most {limit} are allowed")]
    TextTooLong {
        /// Its length.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// A pattern that is too long.
    #[error("the pattern has {bytes} bytes; at most {limit} are allowed")]
    PatternTooLong {
        /// Its length.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// A pattern that is none, or that is too large when its repetitions are written out.
    #[error("the pattern can't be used: {reason}")]
    BadPattern {
        /// Why.
        reason: String,
    },
    /// A time that is none.
    #[error("`{text}` is no time, such as `2026-11-08T00:00:00Z`")]
    BadTimestamp {
        /// What was written.
        text: String,
    },
    /// A duration that is none.
    #[error("`{text}` is no duration, such as `72h` or `1h30m`")]
    BadDuration {
        /// What was written.
        text: String,
    },
    /// A time zone that there is not.
    #[error("`{zone}` is no IANA time zone, such as `Asia/Shanghai`")]
    UnknownZone {
        /// What was written.
        zone: String,
    },
}

/// What CEL has and rules do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Floating-point numbers.
    #[error("there are no fractions: amounts are whole numbers of the smallest unit")]
    Fraction,
    /// Unsigned numbers.
    #[error("there are no unsigned numbers: leave the `u` out")]
    Unsigned,
    /// Bytes.
    #[error("there are no bytes: leave the `b` out")]
    Bytes,
    /// The null value.
    #[error("there is no null: ask `has(…)`, or give a fallback with `.?field.orValue(…)`")]
    Null,
    /// Messages made by a rule.
    #[error("a rule can't make structures")]
    Message,
    /// The parts of local time without a time zone.
    #[error("name the time zone, as in `getHours('Asia/Shanghai')`; `'UTC'` if that is meant")]
    ZoneLeftOut,
    /// A whole structure as a value.
    #[error("a structure is read field by field; as a whole it is no value")]
    WholeStructure,
}

fn suggestion(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default()
}

fn expectation(expected: &str) -> String {
    if expected.is_empty() {
        return String::new();
    }
    format!("; expected {expected}")
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.at, self.fault)
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{problem}")?;
        }
        match self.omitted {
            0 => Ok(()),
            omitted => write!(formatter, "\nand {omitted} more"),
        }
    }
}

impl std::error::Error for CompileError {}

/// The problems found so far.
#[derive(Debug)]
pub(crate) struct Problems {
    found: Vec<(Span, Fault)>,
    limit: usize,
    omitted: usize,
}

impl Problems {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            found: Vec::new(),
            // An error without a problem would say nothing.
            limit: limit.max(1),
            omitted: 0,
        }
    }

    pub(crate) fn tell(&mut self, span: Span, fault: Fault) {
        if self.found.len() < self.limit {
            self.found.push((span, fault));
        } else {
            self.omitted += 1;
        }
    }

    /// An error, if there is any problem.
    pub(crate) fn into_result(mut self, source: &str) -> Result<(), CompileError> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|(span, _)| span.start);
        let problems = self.found.into_iter().map(|(span, fault)| Problem {
            at: Position::of(source, span.start),
            fault,
        });
        Err(CompileError {
            problems: problems.collect(),
            omitted: self.omitted,
        })
    }
}
