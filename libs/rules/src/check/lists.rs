//! The macros over lists: `all`, `exists`, `exists_one`, `filter`, `map`.

use super::{Checked, Checker, Local};
use crate::code::{Code, Purpose};
use crate::problem::Fault;
use crate::schema::Shape;
use crate::syntax::{Kind, Node, Word};

/// What the macro of this name is for.
pub(super) fn purpose(name: &str) -> Option<Purpose> {
    match name {
        "all" => Some(Purpose::All),
        "exists" => Some(Purpose::Exists),
        "exists_one" | "existsOne" => Some(Purpose::ExistsOne),
        "filter" => Some(Purpose::Filter),
        "map" => Some(Purpose::Map),
        _ => None,
    }
}

impl Checker<'_> {
    pub(super) fn through(
        &mut self,
        list: &Node,
        (purpose, function): (Purpose, &Word),
        variable: &Node,
        body: &Node,
    ) -> Checked {
        let from = self.check(list);
        let (element, at_most) = match &from.shape {
            Shape::List { element, at_most } => (Shape::clone(element), *at_most),
            Shape::Unknown => (Shape::Unknown, 0),
            other => {
                let fault = Fault::WrongType {
                    subject: format!("what `{}` goes through", function.text),
                    found: other.to_string(),
                    expected: "a list".to_owned(),
                };
                return self.refuse(list.span, fault);
            }
        };
        let Some(name) = self.variable(variable) else {
            return Checked::nothing();
        };
        if self.locals.len() >= self.limits.macro_nesting {
            let limit = self.limits.macro_nesting;
            return self.refuse(function.span, Fault::MacrosTooDeep { limit });
        }
        self.locals.push(Local {
            name,
            shape: element.clone(),
            origin: from.origin.as_ref().map(|origin| format!("{origin}[]")),
        });
        let inner = self.body(purpose, body);
        self.locals.pop();

        let rounds = inner
            .steps
            .saturating_add(1)
            .saturating_mul(u64::from(at_most));
        let (shape, origin) = match purpose {
            Purpose::All | Purpose::Exists | Purpose::ExistsOne => (Shape::Bool, None),
            Purpose::Filter => (from.shape, from.origin),
            Purpose::Map => (Shape::list(inner.shape, at_most), None),
        };
        let code = Code::Through {
            purpose,
            list: Box::new(from.code),
            element,
            body: Box::new(inner.code),
            at: function.span.start,
        };
        let mut checked = Checked::new(shape, code, from.steps.saturating_add(rounds));
        checked.origin = origin;
        checked
    }

    fn body(&mut self, purpose: Purpose, body: &Node) -> Checked {
        if purpose != Purpose::Map {
            return self.expect(body, &Shape::Bool, "the condition on the element");
        }
        let checked = self.check(body);
        if self.demand_value(body.span, &checked.shape) {
            checked
        } else {
            Checked::nothing()
        }
    }

    /// The name of the macro's variable: one that means nothing yet, so that a name means one
    /// thing in all of a rule.
    fn variable(&mut self, node: &Node) -> Option<String> {
        let Kind::Name(name) = &node.kind else {
            let fault = Fault::Unexpected {
                found: format!("`{}`", self.written(node.span)),
                expected: "a name for the element".to_owned(),
            };
            self.tell(node.span, fault);
            return None;
        };
        if self.is_known(name) {
            let name = name.clone();
            self.tell(node.span, Fault::NameTaken { name });
            return None;
        }
        Some(name.clone())
    }
}
