//! What a rule may speak of: names, their types, and which of them may be missing.

mod shape;
mod structure;

use std::sync::Arc;

pub(crate) use shape::Shape;
pub(crate) use structure::Family;
pub use structure::{Argument, SchemaError, Structure, StructureBuilder};

/// The type of a variable or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type(pub(crate) Shape);

impl Type {
    /// True or false.
    pub const BOOL: Self = Self(Shape::Bool);
    /// A whole number of 64 bits.
    pub const INT: Self = Self(Shape::Int);
    /// A text.
    pub const TEXT: Self = Self(Shape::Text);
    /// An instant.
    pub const TIMESTAMP: Self = Self(Shape::Timestamp);
    /// A length of time.
    pub const DURATION: Self = Self(Shape::Duration);

    /// Up to `at_most` elements. The bound goes into the cost of rules that go through the list; a
    /// longer one is an error when a rule reads it.
    pub fn list(element: Self, at_most: u32) -> Self {
        Self(Shape::List {
            element: Arc::new(element.0),
            at_most,
        })
    }

    /// Values by text keys. Each entry may be missing.
    pub fn map(value: Self) -> Self {
        Self(Shape::Map(Arc::new(value.0)))
    }

    /// Named fields.
    pub fn structure(structure: Structure) -> Self {
        Self(Shape::Structure(Arc::new(structure)))
    }
}

/// The variables of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    pub(crate) variables: Structure,
}

impl Schema {
    /// Begins a schema.
    pub fn builder() -> SchemaBuilder {
        SchemaBuilder(Structure::builder("the rule"))
    }
}

/// A schema in the making.
#[derive(Debug)]
pub struct SchemaBuilder(StructureBuilder);

impl SchemaBuilder {
    /// Adds a variable.
    #[must_use]
    pub fn variable(self, name: &str, kind: Type) -> Self {
        Self(self.0.field(name, kind))
    }

    /// The schema, unless a name can't be one or is there twice.
    pub fn build(self) -> Result<Schema, SchemaError> {
        let variables = self.0.build()?;
        Ok(Schema { variables })
    }
}
