//! Names, fields, entries of maps, elements of lists.

use std::sync::Arc;

use super::near::near;
use super::presence::entry;
use super::{Checked, Checker};
use crate::code::Code;
use crate::problem::{Fault, Unsupported};
use crate::schema::{Shape, Structure};
use crate::source::Span;
use crate::syntax::{Kind, Node, Word};

/// What a name stands for in what it is selected from.
struct Entry {
    shape: Shape,
    /// Whether it may be missing.
    optional: bool,
}

impl Checker<'_> {
    pub(super) fn name(&mut self, span: Span, name: &str) -> Checked {
        let local = self.locals.iter().rposition(|local| local.name == name);
        if let Some((slot, local)) = local.and_then(|slot| Some((slot, self.locals.get(slot)?))) {
            let mut checked = Checked::new(local.shape.clone(), Code::Local(slot), 0);
            checked.origin.clone_from(&local.origin);
            self.note(&checked);
            return checked;
        }
        let variables = &self.schema.variables.fields;
        let Some(variable) = variables.get(name) else {
            let locals = self.locals.iter().map(|local| local.name.as_str());
            let known = variables.keys().map(String::as_str).chain(locals);
            let fault = Fault::UnknownName {
                name: name.to_owned(),
                near: near(name, known),
            };
            return self.refuse(span, fault);
        };
        let shape = variable.shape.clone();
        let code = Code::Variable {
            name: name.into(),
            shape: shape.clone(),
            at: span.start,
        };
        let mut checked = Checked::new(shape, code, 0);
        checked.origin = Some(name.to_owned());
        self.note(&checked);
        checked
    }

    pub(super) fn select(
        &mut self,
        node: &Node,
        operand: &Node,
        field: &Word,
        optional: bool,
    ) -> Checked {
        let from = self.check(operand);
        let through_optional = matches!(from.shape, Shape::Optional(_));
        let Some(found) = self.entry(&from.shape, field.span, &field.text) else {
            return Checked::nothing();
        };
        let name: Box<str> = field.text.as_str().into();
        if optional || through_optional {
            return self.maybe(from, name, found.shape, node.span.start);
        }
        if found.optional {
            self.demand_presence(node, operand, &field.text);
        }
        let at = field.span.start;
        self.selected(from, found.shape, &field.text, |operand, shape| {
            Code::Field {
                operand,
                name,
                shape,
                at,
            }
        })
    }

    /// `operand.?name`, and what is selected from an optional.
    fn maybe(&mut self, from: Checked, name: Box<str>, shape: Shape, at: usize) -> Checked {
        let selected = name.to_string();
        let mut checked = self.selected(from, shape, &selected, |operand, shape| Code::Maybe {
            operand,
            name,
            shape,
            at,
        });
        checked.shape = Shape::Optional(Arc::new(checked.shape));
        checked
    }

    pub(super) fn selected(
        &mut self,
        from: Checked,
        shape: Shape,
        name: &str,
        code: impl FnOnce(Box<Code>, Shape) -> Code,
    ) -> Checked {
        let code = code(Box::new(from.code), shape.clone());
        let mut checked = Checked::new(shape, code, from.steps);
        checked.origin = from.origin.map(|origin| format!("{origin}.{name}"));
        self.note(&checked);
        checked
    }

    /// What `name` is in a structure or a map, optional or not.
    fn entry(&mut self, of: &Shape, span: Span, name: &str) -> Option<Entry> {
        match of {
            Shape::Optional(inner) => self.entry(inner, span, name),
            Shape::Structure(structure) => self.field(structure, span, name),
            Shape::Map(value) => Some(Entry {
                shape: Shape::clone(value),
                optional: true,
            }),
            Shape::Unknown => None,
            other => {
                let fault = Fault::WrongType {
                    subject: format!("what `.{name}` is selected from"),
                    found: other.to_string(),
                    expected: "a structure or a map".to_owned(),
                };
                self.tell(span, fault);
                None
            }
        }
    }

    fn field(&mut self, structure: &Structure, span: Span, name: &str) -> Option<Entry> {
        let Some(field) = structure.fields.get(name) else {
            let fault = Fault::UnknownField {
                owner: structure.name.clone(),
                field: name.to_owned(),
                near: near(name, structure.fields.keys().map(String::as_str)),
            };
            self.tell(span, fault);
            return None;
        };
        Some(Entry {
            shape: field.shape.clone(),
            optional: field.optional,
        })
    }

    /// Tells a read of what may be missing, unless a condition before it has asked.
    fn demand_presence(&mut self, node: &Node, operand: &Node, name: &str) {
        let known = entry(operand, name).is_some_and(|place| self.present.contains(&place));
        if known {
            return;
        }
        let owner = self.written(operand.span);
        let fault = match &node.kind {
            Kind::Index { .. } => Fault::MayBeMissing {
                place: format!("{owner}[{name:?}]"),
                guard: format!("{name:?} in {owner}"),
                fallback: format!("{owner}[?{name:?}].orValue(…)"),
            },
            _ => Fault::MayBeMissing {
                place: format!("{owner}.{name}"),
                guard: format!("has({owner}.{name})"),
                fallback: format!("{owner}.?{name}.orValue(…)"),
            },
        };
        self.tell(node.span, fault);
    }

    pub(super) fn index(
        &mut self,
        node: &Node,
        operand: &Node,
        key: &Node,
        optional: bool,
    ) -> Checked {
        let from = self.check(operand);
        let (inner, wanted) = match &from.shape {
            Shape::List { element, .. } => (Arc::clone(element), Shape::Int),
            Shape::Map(value) => (Arc::clone(value), Shape::Text),
            Shape::Unknown => {
                self.check(key);
                return Checked::nothing();
            }
            other => {
                let fault = Fault::WrongType {
                    subject: "what `[…]` is taken from".to_owned(),
                    found: other.to_string(),
                    expected: "a list or a map".to_owned(),
                };
                self.check(key);
                return self.refuse(operand.span, fault);
            }
        };
        let chosen = self.expect(key, &wanted, "the key");
        if let (Kind::Text(name), false, Shape::Map(_)) = (&key.kind, optional, &from.shape) {
            self.demand_presence(node, operand, name);
        }
        let written = match &key.kind {
            Kind::Text(name) => format!(".{name}"),
            _ => "[]".to_owned(),
        };
        let shape = Shape::clone(&inner);
        // A key is compared with those of a table from end to end.
        let steps = from.steps.saturating_add(chosen.steps);
        let steps = steps.saturating_add(wanted.weight(self.limits.text_steps()));
        let code = Code::Lookup {
            operand: Box::new(from.code),
            key: Box::new(chosen.code),
            shape: shape.clone(),
            optional,
            at: key.span.start,
        };
        let mut checked = Checked::new(shape, code, steps);
        checked.origin = from.origin.map(|origin| origin + &written);
        self.note(&checked);
        if optional {
            checked.shape = Shape::Optional(inner);
        }
        checked
    }

    /// `has(operand.field)`
    pub(super) fn has(&mut self, node: &Node, arguments: &[Node]) -> Checked {
        let selection = match arguments {
            [only] => match &only.kind {
                Kind::Select {
                    operand,
                    field,
                    optional: false,
                } => Some((operand, field)),
                _ => None,
            },
            _ => None,
        };
        let Some((operand, field)) = selection else {
            let fault = Fault::WrongCall {
                found: self.written(node.span),
                expected: "`has(a.field)`".to_owned(),
            };
            return self.refuse(node.span, fault);
        };
        let from = self.check(operand);
        if matches!(from.shape, Shape::Optional(_)) {
            let fault = Fault::WrongType {
                subject: format!("what `.{}` is selected from", field.text),
                found: from.shape.to_string(),
                expected: "a structure or a map; ask `.hasValue()` of an optional".to_owned(),
            };
            return self.refuse(operand.span, fault);
        }
        if self.entry(&from.shape, field.span, &field.text).is_none() {
            return Checked::nothing();
        }
        if let Some(origin) = &from.origin {
            self.reads.insert(format!("{origin}.{}", field.text));
        }
        let code = Code::Has {
            operand: Box::new(from.code),
            name: field.text.as_str().into(),
        };
        Checked::new(Shape::Bool, code, from.steps)
    }

    /// Notes a fact as read. Structures and maps are read through their fields alone.
    fn note(&mut self, checked: &Checked) {
        let through = matches!(checked.shape, Shape::Structure(_) | Shape::Map(_));
        if let (Some(origin), false) = (&checked.origin, through) {
            self.reads.insert(origin.clone());
        }
    }

    /// Tells a whole structure where a value is needed.
    pub(super) fn demand_value(&mut self, span: Span, shape: &Shape) -> bool {
        if shape.has_structure() {
            self.tell(span, Fault::Unsupported(Unsupported::WholeStructure));
        }
        !shape.has_structure()
    }
}
