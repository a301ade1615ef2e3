//! Fields that are told apart by an argument: `orders.within_days(90)`.
//!
//! The argument is written out, so the field has a name of its own once the rule is checked: it is
//! read, costs and is explained like any other field.

use super::{Checked, Checker};
use crate::code::Code;
use crate::problem::Fault;
use crate::schema::{Argument, Family, Shape};
use crate::syntax::{Kind, Node, Word};

impl Checker<'_> {
    pub(super) fn family(
        &mut self,
        node: &Node,
        target: &Node,
        function: &Word,
        arguments: &[Node],
    ) -> Checked {
        let from = self.check(target);
        let name = function.text.as_str();
        let structure = match &from.shape {
            Shape::Unknown => return Checked::nothing(),
            Shape::Structure(structure) => structure.clone(),
            _ => {
                for argument in arguments {
                    self.check(argument);
                }
                return self.no_function(function, name, &mut std::iter::empty());
            }
        };
        let Some(family) = structure.families.get(name) else {
            let mut own = structure.families.keys().map(String::as_str);
            return self.no_function(function, name, &mut own);
        };
        let Some(written) = written(family, arguments) else {
            let fault = Fault::WrongCall {
                found: format!("`{}`", self.written(node.span)),
                expected: expected(name, family),
            };
            return self.refuse(node.span, fault);
        };
        let field = format!("{name}({written})");
        let (shape, at) = (family.shape.clone(), function.span.start);
        self.selected(from, shape, &field, |operand, shape| Code::Field {
            operand,
            name: field.as_str().into(),
            shape,
            at,
        })
    }
}

/// The one argument, as it stands in the name of the field; `None` when it is not what the family takes.
fn written(family: &Family, arguments: &[Node]) -> Option<String> {
    let [argument] = arguments else { return None };
    match (&argument.kind, family.argument) {
        (Kind::Int(number), Argument::Int { least, most }) => {
            (least..=most).contains(number).then(|| number.to_string())
        }
        (Kind::Text(text), Argument::Text) => (!text.is_empty()).then(|| format!("'{text}'")),
        (Kind::Text(text), Argument::OneOf { known, .. }) => known
            .binary_search(&text.as_str())
            .ok()
            .map(|_| format!("'{text}'")),
        _ => None,
    }
}

fn expected(name: &str, family: &Family) -> String {
    match family.argument {
        Argument::Int { least, most } => {
            format!("`{name}(number)` with a number from {least} to {most}, written out")
        }
        Argument::Text => format!("`{name}('text')` with a text, written out"),
        Argument::OneOf { what, .. } => format!("`{name}('…')` with {what}, written out"),
    }
}
