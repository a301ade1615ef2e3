//! The rules that the contract sets for requests, and the answer to one that breaks them.
//!
//! The build writes an `impl Rules` for each message from its `buf.validate` options; the functions
//! here are what that code calls. A request without fault costs no allocation.

use std::fmt;

use regex::Regex;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// The domain of every `google.rpc.ErrorInfo` that Patron sends.
pub const ERROR_DOMAIN: &str = "patron";

/// Most violations that one answer names; more would only make it long.
const MAX_VIOLATIONS: usize = 20;

/// A message that is decoded from the wire.
pub trait Checked {
    /// INVALID_ARGUMENT with one `BadRequest` violation for each broken rule, for a request; always
    /// `Ok` for an answer.
    fn check(&self) -> Result<(), Status> {
        Ok(())
    }
}

/// A message with rules of its own or below it.
pub trait Rules {
    /// Adds a violation for each broken rule; `at` is where this message stands in the request.
    fn check_at(&self, at: &At<'_>, violations: &mut Violations);
}

/// INVALID_ARGUMENT when the request breaks a rule.
pub(crate) fn check_request(request: &impl Rules) -> Result<(), Status> {
    let mut violations = Violations::default();
    request.check_at(&At::ROOT, &mut violations);
    if violations.0.is_empty() {
        return Ok(());
    }
    let mut details = invalid_argument();
    details.set_bad_request(violations.0);
    Err(Status::with_error_details(
        Code::InvalidArgument,
        "the request breaks the contract",
        details,
    ))
}

/// Every rule that a message breaks, for one that is not (or not only) a request; `at` is where it
/// stands in what the caller sees. At most 20.
pub fn violations(message: &impl Rules, at: &At<'_>) -> Vec<FieldViolation> {
    let mut violations = Violations::default();
    message.check_at(at, &mut violations);
    violations.0
}

/// INVALID_ARGUMENT for bytes that are no message of the expected type.
pub(crate) fn refuse_malformed(error: &prost::DecodeError) -> Status {
    Status::with_error_details(
        Code::InvalidArgument,
        format!("the request can't be decoded: {error}"),
        invalid_argument(),
    )
}

fn invalid_argument() -> ErrorDetails {
    ErrorDetails::with_error_info("INVALID_ARGUMENT", ERROR_DOMAIN, [])
}

/// Compiles a pattern of the contract.
pub(crate) fn compiled(pattern: &str) -> Regex {
    #[expect(
        clippy::expect_used,
        reason = "a test compiles every pattern of the contract"
    )]
    Regex::new(pattern).expect("the contract's patterns compile")
}

/// Whether a value is the one that protobuf does not send.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Where a value stands in a request; written out only when something is wrong there.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The request itself.
    pub const ROOT: At<'static> = At {
        parent: None,
        step: Step::Root,
    };

    /// A field of the message at this place.
    #[must_use]
    pub fn field(&'a self, name: &'a str) -> At<'a> {
        At {
            parent: Some(self),
            step: Step::Field(name),
        }
    }

    /// An item of the list at this place.
    #[must_use]
    pub fn index(&'a self, index: usize) -> At<'a> {
        At {
            parent: Some(self),
            step: Step::Index(index),
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(formatter)?;
        }
        match (self.step, self.parent.map(|parent| parent.step)) {
            (Step::Root, _) => Ok(()),
            (Step::Index(index), _) => write!(formatter, "[{index}]"),
            (Step::Field(name), None | Some(Step::Root)) => formatter.write_str(name),
            (Step::Field(name), Some(_)) => write!(formatter, ".{name}"),
        }
    }
}

/// What is wrong with a request.
#[derive(Debug, Default)]
pub struct Violations(Vec<FieldViolation>);

impl Violations {
    fn add(&mut self, at: &At<'_>, description: fmt::Arguments<'_>) {
        if self.0.len() < MAX_VIOLATIONS {
            self.0
                .push(FieldViolation::new(at.to_string(), description.to_string()));
        }
    }

    /// A required value is absent.
    pub fn missing(&mut self, at: &At<'_>) {
        self.add(at, format_args!("is required"));
    }

    /// Holds no NUL character.
    pub fn no_nul(&mut self, at: &At<'_>, value: &str) {
        if value.as_bytes().contains(&0) {
            self.add(at, format_args!("must not hold the character U+0000"));
        }
    }

    /// At least `bound` characters.
    pub fn min_length(&mut self, at: &At<'_>, value: &str, bound: usize) {
        if value.chars().take(bound).count() < bound {
            self.add(at, format_args!("must have at least {bound} characters"));
        }
    }

    /// At most `bound` characters.
    pub fn max_length(&mut self, at: &At<'_>, value: &str, bound: usize) {
        // Bytes are never fewer than characters, so the count is needed only beyond the bound.
        if value.len() > bound && value.chars().count() > bound {
            self.add(at, format_args!("must have at most {bound} characters"));
        }
    }

    /// Matches a regular expression.
    pub fn pattern(&mut self, at: &At<'_>, value: &str, pattern: &Regex) {
        if !pattern.is_match(value) {
            self.add(at, format_args!("must match {pattern}"));
        }
    }

    /// Is a UUID in its hyphenated form.
    pub fn uuid(&mut self, at: &At<'_>, value: &str) {
        if !is_uuid(value) {
            self.add(at, format_args!("must be a UUID"));
        }
    }

    /// Holds `length` bytes.
    pub fn bytes(&mut self, at: &At<'_>, count: usize, length: usize) {
        if count != length {
            self.add(at, format_args!("must be {length} bytes long"));
        }
    }

    /// Is `bound` or more.
    pub fn at_least(&mut self, at: &At<'_>, value: i64, bound: i64) {
        if value < bound {
            self.add(at, format_args!("must be at least {bound}"));
        }
    }

    /// Is `bound` or less.
    pub fn at_most(&mut self, at: &At<'_>, value: i64, bound: i64) {
        if value > bound {
            self.add(at, format_args!("must be at most {bound}"));
        }
    }

    /// Is a value that the enum defines.
    pub fn defined(&mut self, at: &At<'_>, value: i32, defined: &[i32]) {
        if !defined.contains(&value) {
            self.add(at, format_args!("must be a defined value, not {value}"));
        }
    }

    /// Is none of the refused values of the enum.
    pub fn not_in(&mut self, at: &At<'_>, value: i32, refused: &[i32]) {
        if refused.contains(&value) {
            self.add(at, format_args!("must be set"));
        }
    }

    /// Has at least `bound` items.
    pub fn min_items(&mut self, at: &At<'_>, count: usize, bound: usize) {
        if count < bound {
            self.add(at, format_args!("must have at least {bound} items"));
        }
    }

    /// Has at most `bound` items.
    pub fn max_items(&mut self, at: &At<'_>, count: usize, bound: usize) {
        if count > bound {
            self.add(at, format_args!("must have at most {bound} items"));
        }
    }

    /// Has at most `bound` entries.
    pub fn max_pairs(&mut self, at: &At<'_>, count: usize, bound: usize) {
        if count > bound {
            self.add(at, format_args!("must have at most {bound} entries"));
        }
    }
}

fn is_uuid(value: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    value.len() == 36
        && value.bytes().enumerate().all(|(place, byte)| {
            if hyphens.contains(&place) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
}

#[cfg(test)]
mod tests;
