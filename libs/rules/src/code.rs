//! A checked rule: a tree that knows the types of what it reads, and can't go wrong by type.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use crate::functions::{CalendarPart, Function};
use crate::schema::Shape;
use crate::source::Span;
use crate::syntax::Operator;

/// A checked expression. `at` is the byte of the source that an error points to.
#[derive(Clone, Debug)]
pub(crate) enum Code {
    /// Of an expression with a problem; it is never evaluated.
    Nothing,
    Bool(bool),
    Int(i64),
    Text(Box<str>),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    Variable {
        name: Box<str>,
        shape: Shape,
        at: usize,
    },
    /// A variable of a macro, by its place on the stack.
    Local(usize),
    Field {
        operand: Box<Self>,
        name: Box<str>,
        shape: Shape,
        at: usize,
    },
    /// `has(operand.name)`
    Has {
        operand: Box<Self>,
        name: Box<str>,
    },
    /// `operand.?name`; of an optional operand too.
    Maybe {
        operand: Box<Self>,
        name: Box<str>,
        shape: Shape,
        at: usize,
    },
    Lookup {
        operand: Box<Self>,
        key: Box<Self>,
        /// Of what is found.
        shape: Shape,
        /// `[?key]`: nothing found is no error.
        optional: bool,
        at: usize,
    },
    List(Box<[Self]>),
    Table(Box<[(Self, Self)]>),
    Not(Box<Part>),
    Every(Box<[Part]>),
    Any(Box<[Part]>),
    Conditional {
        condition: Box<Self>,
        then: Box<Self>,
        otherwise: Box<Self>,
    },
    Negate {
        operand: Box<Self>,
        at: usize,
    },
    Binary {
        operator: Operator,
        left: Box<Self>,
        right: Box<Self>,
        at: usize,
    },
    Call {
        function: Function,
        arguments: Box<[Self]>,
        at: usize,
    },
    Calendar {
        part: CalendarPart,
        arguments: Box<[Self]>,
        zone: Zone,
        at: usize,
    },
    Matches {
        text: Box<Self>,
        pattern: Regex,
    },
    Through {
        purpose: Purpose,
        list: Box<Self>,
        element: Shape,
        body: Box<Self>,
        at: usize,
    },
    HasValue(Box<Self>),
    OrValue {
        optional: Box<Self>,
        fallback: Box<Self>,
    },
}

/// A condition that is part of another, with its text.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) span: Span,
    pub(crate) code: Code,
}

/// A time zone, resolved once if it is written out.
#[derive(Clone, Debug)]
pub(crate) enum Zone {
    Known(TimeZone),
    Named(Box<Code>),
}

/// What a list is gone through for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}
