use std::collections::BTreeMap;

use super::{Shape, Type};
use crate::syntax::is_name;

/// Named fields with types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    pub(crate) name: String,
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) families: BTreeMap<String, Family>,
}

/// A field of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) shape: Shape,
    pub(crate) optional: bool,
}

/// Fields that are told apart by an argument: `orders.within_days(90)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) shape: Shape,
    pub(crate) argument: Argument,
}

/// What tells the fields of a family apart. A rule has to write it out, so that what it reads can be
/// told from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A whole number between these, both included. The field is called `name(90)`.
    Int {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// A text, not empty. The field is called `name('text')`, without escapes.
    Text,
    /// One of these texts.
    OneOf {
        /// What they are, for problems: `an ISO 4217 currency code`.
        what: &'static str,
        /// The texts, sorted.
        known: &'static [&'static str],
    },
}

/// Why a schema can't be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// A name that a rule could not write.
    #[error("`{name}` in {owner} can't be a name")]
    NotAName {
        /// The name.
        name: String,
        /// Where it is.
        owner: String,
    },
    /// A name that is there twice.
    #[error("`{name}` is twice in {owner}")]
    Twice {
        /// The name.
        name: String,
        /// Where it is.
        owner: String,
    },
}

impl Structure {
    /// Begins a structure. Its name appears in problems alone.
    pub fn builder(name: &str) -> StructureBuilder {
        StructureBuilder {
            structure: Self {
                name: name.to_owned(),
                fields: BTreeMap::new(),
                families: BTreeMap::new(),
            },
            error: None,
        }
    }
}

/// A structure in the making.
#[derive(Debug)]
pub struct StructureBuilder {
    structure: Structure,
    /// The first error; `build` returns it.
    error: Option<SchemaError>,
}

impl StructureBuilder {
    /// Adds a field that every such structure has.
    #[must_use]
    pub fn field(self, name: &str, kind: Type) -> Self {
        self.with(name, kind, false)
    }

    /// Adds a field that may be missing. A rule has to ask `has(…)` before it reads it.
    #[must_use]
    pub fn optional(self, name: &str, kind: Type) -> Self {
        self.with(name, kind, true)
    }

    /// Adds a field for each argument, which every such structure has.
    #[must_use]
    pub fn family(mut self, name: &str, argument: Argument, kind: Type) -> Self {
        let family = Family {
            shape: kind.0,
            argument,
        };
        let before = self.structure.families.insert(name.to_owned(), family);
        self.named(name, before.is_some())
    }

    /// The structure, unless a name can't be one or is there twice.
    pub fn build(self) -> Result<Structure, SchemaError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.structure),
        }
    }

    fn with(mut self, name: &str, kind: Type, optional: bool) -> Self {
        let field = Field {
            shape: kind.0,
            optional,
        };
        let before = self.structure.fields.insert(name.to_owned(), field);
        self.named(name, before.is_some())
    }

    fn named(mut self, name: &str, is_twice: bool) -> Self {
        let (name, owner) = (name.to_owned(), self.structure.name.clone());
        let error = if !is_name(&name) {
            Some(SchemaError::NotAName { name, owner })
        } else if is_twice {
            Some(SchemaError::Twice { name, owner })
        } else {
            None
        };
        self.error = self.error.or(error);
        self
    }
}
