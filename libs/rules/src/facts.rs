//! What a rule is evaluated over.
//!
//! Facts are borrowed and converted only when a rule reads them: a caller implements [`Record`]
//! for its own types, and building facts for a basket of a hundred lines costs nothing until a
//! rule looks at one.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::BuildHasher;

use jiff::{SignedDuration, Timestamp};

/// A fact, borrowed from where it is.
#[derive(Clone, Copy)]
pub enum Fact<'a> {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// An instant.
    Timestamp(Timestamp),
    /// A length of time.
    Duration(SignedDuration),
    /// Elements in order.
    List(&'a dyn Sequence),
    /// A structure, or a map by text keys.
    Record(&'a dyn Record),
}

/// Facts by name: the variables of a rule, the fields of a structure, the entries of a map.
pub trait Record {
    /// The fact of this name; `None` if it is missing.
    fn get(&self, name: &str) -> Option<Fact<'_>>;
}

/// Facts in order.
pub trait Sequence {
    /// How many.
    fn length(&self) -> usize;
    /// The element at `index`, from 0; `None` beyond the end.
    fn at(&self, index: usize) -> Option<Fact<'_>>;
}

/// What a fact can be borrowed from.
pub trait AsFact {
    /// The fact.
    fn as_fact(&self) -> Fact<'_>;
}

impl Fact<'_> {
    /// The kind of the fact, for errors.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Text(_) => "string",
            Self::Timestamp(_) => "timestamp",
            Self::Duration(_) => "duration",
            Self::List(_) => "list",
            Self::Record(_) => "record",
        }
    }
}

impl fmt::Debug for Fact<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the value: facts are about people, and debug output ends up in logs.
        formatter.write_str(self.kind())
    }
}

/// Facts that are gathered by hand, a few at a time: the variables of a rule.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    named: Vec<(&'a str, Fact<'a>)>,
}

impl<'a> Facts<'a> {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more. Of two of the same name the first counts.
    #[must_use]
    pub fn with(mut self, name: &'a str, fact: &'a impl AsFact) -> Self {
        self.named.push((name, fact.as_fact()));
        self
    }
}

impl Record for Facts<'_> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        let named = self.named.iter().find(|(known, _)| *known == name);
        named.map(|(_, fact)| *fact)
    }
}

impl<T: Record> AsFact for T {
    fn as_fact(&self) -> Fact<'_> {
        Fact::Record(self)
    }
}

impl<T: AsFact> Record for BTreeMap<String, T> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        self.get(name).map(AsFact::as_fact)
    }
}

impl<T: AsFact, S: BuildHasher> Record for HashMap<String, T, S> {
    fn get(&self, name: &str) -> Option<Fact<'_>> {
        self.get(name).map(AsFact::as_fact)
    }
}

impl<T: AsFact> Sequence for Vec<T> {
    fn length(&self) -> usize {
        self.len()
    }

    fn at(&self, index: usize) -> Option<Fact<'_>> {
        self.get(index).map(AsFact::as_fact)
    }
}

impl<T: AsFact> AsFact for Vec<T> {
    fn as_fact(&self) -> Fact<'_> {
        Fact::List(self)
    }
}

impl AsFact for Fact<'_> {
    fn as_fact(&self) -> Fact<'_> {
        *self
    }
}

macro_rules! as_fact {
    ($($type:ty: $self:ident => $fact:expr;)*) => {
        $(impl AsFact for $type {
            fn as_fact(&self) -> Fact<'_> {
                let $self = self;
                $fact
            }
        })*
    };
}

as_fact! {
    bool: value => Fact::Bool(*value);
    i64: value => Fact::Int(*value);
    i32: value => Fact::Int(i64::from(*value));
    u32: value => Fact::Int(i64::from(*value));
    String: text => Fact::Text(text);
    &str: text => Fact::Text(text);
    Cow<'_, str>: text => Fact::Text(text);
    Timestamp: instant => Fact::Timestamp(*instant);
    SignedDuration: length => Fact::Duration(*length);
}
