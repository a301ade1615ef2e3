use std::fmt;
use std::sync::Arc;

use super::Structure;

/// A type, with those that only arise inside of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Bool,
    Int,
    Text,
    Timestamp,
    Duration,
    List {
        element: Arc<Shape>,
        at_most: u32,
    },
    Map(Arc<Shape>),
    Structure(Arc<Structure>),
    /// What `.?field` gives.
    Optional(Arc<Shape>),
    /// Of an expression with a problem that has been told, and of the elements of `[]`. It fits
    /// everything, so that one mistake is not told twice.
    Unknown,
}

impl Shape {
    pub(crate) fn list(element: Self, at_most: u32) -> Self {
        Self::List {
            element: Arc::new(element),
            at_most,
        }
    }

    /// The type that values of both have, if they are of one type: bounds may differ.
    pub(crate) fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Unknown, shape) | (shape, Self::Unknown) => Some(shape.clone()),
            (
                Self::List { element, at_most },
                Self::List {
                    element: other_element,
                    at_most: other_at_most,
                },
            ) => {
                let element = element.join(other_element)?;
                Some(Self::list(element, *at_most.max(other_at_most)))
            }
            (Self::Map(value), Self::Map(other)) => Some(Self::Map(Arc::new(value.join(other)?))),
            (Self::Optional(value), Self::Optional(other)) => {
                Some(Self::Optional(Arc::new(value.join(other)?)))
            }
            _ => (self == other).then(|| self.clone()),
        }
    }

    pub(crate) fn fits(&self, other: &Self) -> bool {
        self.join(other).is_some()
    }

    /// Whether there is a structure in it. Such a value is only read field by field, so that what
    /// a rule reads can be told from its source.
    pub(crate) fn has_structure(&self) -> bool {
        match self {
            Self::Structure(_) => true,
            Self::List { element: inner, .. } | Self::Map(inner) | Self::Optional(inner) => {
                inner.has_structure()
            }
            _ => false,
        }
    }

    /// Steps to compare two values of this type.
    pub(crate) fn weight(&self, text_steps: u64) -> u64 {
        match self {
            Self::Text => text_steps,
            Self::List { element, at_most } => {
                u64::from(*at_most).saturating_mul(element.weight(text_steps))
            }
            _ => 1,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => formatter.write_str("bool"),
            Self::Int => formatter.write_str("int"),
            Self::Text => formatter.write_str("string"),
            Self::Timestamp => formatter.write_str("timestamp"),
            Self::Duration => formatter.write_str("duration"),
            Self::List { element, .. } => write!(formatter, "list({element})"),
            Self::Map(value) => write!(formatter, "map(string, {value})"),
            Self::Structure(structure) => formatter.write_str(&structure.name),
            Self::Optional(value) => write!(formatter, "optional({value})"),
            Self::Unknown => formatter.write_str("anything"),
        }
    }
}
