use std::fmt;

use super::{Fault, Place};

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// Where.
    pub place: Place,
    /// In which part of the document; empty for the document itself.
    pub path: String,
    /// What.
    pub fault: FileFault,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// It is no YAML.
    #[error("{0}")]
    Syntax(String),
    /// It is larger than any document.
    #[error("the file has {bytes} bytes; at most {limit} are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// It is nested too deeply.
    #[error("nested more than {limit} levels deep")]
    TooDeep {
        /// The bound.
        limit: usize,
    },
    /// It has too many parts, those that aliases repeat included.
    #[error("more than {limit} values, those that aliases repeat included")]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// It holds nothing, or more than one document.
    #[error("one document is wanted, not {found}")]
    Documents {
        /// How many there are.
        found: usize,
    },
    /// A tag. Types follow from the contract.
    #[error("tags are not read; what a value is follows from the contract")]
    Tag,
    /// A key that is no text.
    #[error("a key must be a text")]
    Key,
    /// A key that was there before.
    #[error("{0:?} is given twice")]
    Twice(String),
    /// A name that the contract does not have.
    #[error("there is no field {name:?}; {}", hint(near.as_deref(), known))]
    UnknownField {
        /// The name.
        name: String,
        /// One that looks like it.
        near: Option<String>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A value of another shape.
    #[error("must be {wanted}")]
    Shape {
        /// What it should be.
        wanted: &'static str,
    },
    /// A name of an enum.
    #[error("{name:?} is none of the values; {}", hint(near.as_deref(), known))]
    UnknownValue {
        /// The name.
        name: String,
        /// One that looks like it.
        near: Option<String>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A second part where there can be one.
    #[error("only one of {first} and this can be set")]
    SecondOf {
        /// The first one.
        first: String,
    },
    /// The document is not sound.
    #[error(transparent)]
    Document(Box<Fault>),
}

impl fmt::Display for FileProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: ", self.place)?;
        if !self.path.is_empty() {
            write!(formatter, "{}: ", self.path)?;
        }
        write!(formatter, "{}", self.fault)
    }
}

fn hint(near: Option<&str>, known: &[String]) -> String {
    match near {
        Some(near) => format!("did you mean {near}?"),
        None => format!("there are: {}", known.join(", ")),
    }
}
