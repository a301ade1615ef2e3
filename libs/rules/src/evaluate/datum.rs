use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};

use super::error::Stopped;
use crate::facts::{Fact, Record, Sequence};
use crate::source::excerpt;

/// A value during an evaluation; borrowed from the facts or the rule where it can be.
#[derive(Clone)]
pub(crate) enum Datum<'a> {
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    Timestamp(Timestamp),
    Duration(SignedDuration),
    /// A list among the facts.
    Sequence(&'a dyn Sequence),
    /// A list that the rule made.
    List(Rc<[Datum<'a>]>),
    Record(&'a dyn Record),
    /// A map that is written out in the rule.
    Table(Rc<BTreeMap<String, Datum<'a>>>),
    Optional(Option<Rc<Datum<'a>>>),
}

impl<'a> Datum<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn of(fact: Fact<'a>) -> Self {
        match fact {
            Fact::Bool(value) => Self::Bool(value),
            Fact::Int(value) => Self::Int(value),
            Fact::Text(text) => Self::text(text),
            Fact::Timestamp(instant) => Self::Timestamp(instant),
            Fact::Duration(length) => Self::Duration(length),
            Fact::List(sequence) => Self::Sequence(sequence),
            Fact::Record(record) => Self::Record(record),
        }
    }

    pub(crate) fn into_bool(self) -> Result<bool, Stopped> {
        match self {
            Self::Bool(value) => Ok(value),
            _ => Err(Stopped::mistyped()),
        }
    }

    pub(crate) fn into_int(self) -> Result<i64, Stopped> {
        match self {
            Self::Int(value) => Ok(value),
            _ => Err(Stopped::mistyped()),
        }
    }

    pub(super) fn into_text(self) -> Result<Cow<'a, str>, Stopped> {
        match self {
            Self::Text(text) => Ok(text),
            _ => Err(Stopped::mistyped()),
        }
    }

    pub(super) fn into_timestamp(self) -> Result<Timestamp, Stopped> {
        match self {
            Self::Timestamp(instant) => Ok(instant),
            _ => Err(Stopped::mistyped()),
        }
    }

    pub(super) fn into_optional(self) -> Result<Option<Self>, Stopped> {
        match self {
            Self::Optional(found) => Ok(found.map(Rc::unwrap_or_clone)),
            _ => Err(Stopped::mistyped()),
        }
    }

    pub(super) fn optional(found: Option<Self>) -> Self {
        Self::Optional(found.map(Rc::new))
    }

    /// The length of a list.
    pub(super) fn length(&self) -> Result<usize, Stopped> {
        match self {
            Self::Sequence(sequence) => Ok(sequence.length()),
            Self::List(list) => Ok(list.len()),
            _ => Err(Stopped::mistyped()),
        }
    }
}

/// As a rule would write it, shortened: for explanations.
impl fmt::Display for Datum<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Int(value) => write!(formatter, "{value}"),
            Self::Text(text) => write!(formatter, "{:?}", excerpt(text)),
            Self::Timestamp(instant) => write!(formatter, "{instant}"),
            Self::Duration(length) => write!(formatter, "{length:#}"),
            Self::Sequence(sequence) => write!(formatter, "a list of {}", sequence.length()),
            Self::List(list) => write!(formatter, "a list of {}", list.len()),
            Self::Record(_) => formatter.write_str("a structure"),
            Self::Table(table) => write!(formatter, "a map of {}", table.len()),
            Self::Optional(Some(found)) => found.fmt(formatter),
            Self::Optional(None) => formatter.write_str("missing"),
        }
    }
}
