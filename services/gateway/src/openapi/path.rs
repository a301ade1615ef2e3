//! Path templates as OpenAPI writes them.
//!
//! In OpenAPI each variable is one segment, and two paths that differ only in the names of their
//! variables are the same path. So a variable of several segments becomes one parameter for each of
//! its wildcards, and all bindings of a path share the names that the first of them has.

use std::fmt;

use crate::rest::{FieldPath, Segment, Template, Variable};
use crate::surface::Binding;

/// A path with named parameters.
#[derive(Debug, Clone)]
pub(super) struct Path<'b> {
    pieces: Vec<Piece<'b>>,
    verb: Option<&'b str>,
}

#[derive(Debug, Clone)]
enum Piece<'b> {
    Literal(&'b str),
    Parameter(Parameter<'b>),
}

/// One segment that the caller fills.
#[derive(Debug, Clone)]
pub(super) struct Parameter<'b> {
    pub(super) name: String,
    /// The field that it gives; none for a wildcard that no field takes up.
    pub(super) field: Option<&'b FieldPath>,
    /// True when the field takes up more than this segment.
    pub(super) is_part: bool,
}

impl<'b> Path<'b> {
    pub(super) fn of(binding: &'b Binding) -> Self {
        let Template {
            segments,
            verb,
            variables,
        } = &binding.template;
        let covering = |index: usize| {
            let is_within = |v: &Variable| (v.start..v.start + v.length).contains(&index);
            variables
                .iter()
                .zip(&binding.path_fields)
                .find(|(variable, _)| is_within(variable))
        };
        let piece = |(index, segment): (usize, &'b Segment)| match segment {
            Segment::Literal(text) => Piece::Literal(text),
            Segment::One | Segment::Rest => Piece::Parameter(match covering(index) {
                Some((variable, field)) => Parameter {
                    name: field.leaf().name().to_owned(),
                    field: Some(field),
                    is_part: variable.multi_segment,
                },
                None => Parameter {
                    name: "segment".to_owned(),
                    field: None,
                    is_part: true,
                },
            }),
        };
        let pieces = segments.iter().enumerate().map(piece).collect();
        let mut path = Self {
            pieces,
            verb: verb.as_deref(),
        };
        path.tell_apart();
        path
    }

    /// The parameters, from left to right.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &Parameter<'b>> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Parameter(parameter) => Some(parameter),
            Piece::Literal(_) => None,
        })
    }

    /// What is the same for all paths that OpenAPI takes for one.
    pub(super) fn shape(&self) -> String {
        let mut nameless = self.clone();
        nameless.rename(std::iter::repeat(""));
        nameless.to_string()
    }

    /// The names of the parameters, from left to right.
    pub(super) fn names(&self) -> Vec<String> {
        self.parameters()
            .map(|parameter| parameter.name.clone())
            .collect()
    }

    /// Gives the parameters other names.
    pub(super) fn rename<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        let parameters = self.pieces.iter_mut().filter_map(|piece| match piece {
            Piece::Parameter(parameter) => Some(parameter),
            Piece::Literal(_) => None,
        });
        for (parameter, name) in parameters.zip(names) {
            name.clone_into(&mut parameter.name);
        }
    }

    /// Numbers the parameters that would have the same name.
    fn tell_apart(&mut self) {
        let names = self.names();
        let numbered = names.iter().enumerate().map(|(index, name)| {
            let is_same = |other: &&String| *other == name;
            if names.iter().filter(is_same).count() == 1 {
                return name.clone();
            }
            let number = names.iter().take(index + 1).filter(is_same).count();
            format!("{name}_{number}")
        });
        let numbered: Vec<String> = numbered.collect();
        self.rename(numbered.iter().map(String::as_str));
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => write!(f, "/{text}")?,
                Piece::Parameter(parameter) => write!(f, "/{{{}}}", parameter.name)?,
            }
        }
        match self.verb {
            Some(verb) => write!(f, ":{verb}"),
            None => Ok(()),
        }
    }
}
