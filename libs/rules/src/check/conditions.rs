//! `&&`, `||`, `!`, `? :`.

use super::presence::implied;
use super::{Checked, Checker};
use crate::code::{Code, Part};
use crate::problem::{Fault, Unsupported};
use crate::schema::Shape;
use crate::syntax::Node;

impl Checker<'_> {
    pub(super) fn not(&mut self, operand: &Node) -> Checked {
        let (part, steps) = self.part(operand, "what `!` negates");
        Checked::new(Shape::Bool, Code::Not(Box::new(part)), steps)
    }

    pub(super) fn every(&mut self, parts: &[Node]) -> Checked {
        let (parts, steps) = self.parts(parts, "a part of `&&`", true);
        Checked::new(Shape::Bool, Code::Every(parts), steps)
    }

    pub(super) fn any(&mut self, parts: &[Node]) -> Checked {
        let (parts, steps) = self.parts(parts, "a part of `||`", false);
        Checked::new(Shape::Bool, Code::Any(parts), steps)
    }

    /// Each part may rely on that those before it were `before`.
    fn parts(&mut self, nodes: &[Node], subject: &str, before: bool) -> (Box<[Part]>, u64) {
        let known = self.present.len();
        let mut steps = 0_u64;
        let mut parts = Vec::with_capacity(nodes.len());
        for node in nodes {
            let (part, more) = self.part(node, subject);
            parts.push(part);
            steps = steps.saturating_add(more);
            self.present.extend(implied(node, before));
        }
        self.present.truncate(known);
        (parts.into(), steps)
    }

    fn part(&mut self, node: &Node, subject: &str) -> (Part, u64) {
        let checked = self.expect(node, &Shape::Bool, subject);
        let part = Part {
            span: node.span,
            code: checked.code,
        };
        (part, checked.steps)
    }

    pub(super) fn conditional(
        &mut self,
        node: &Node,
        condition: &Node,
        then: &Node,
        otherwise: &Node,
    ) -> Checked {
        let chosen_by = self.expect(condition, &Shape::Bool, "the condition before `?`");
        let yes = self.knowing(implied(condition, true), then);
        let no = self.knowing(implied(condition, false), otherwise);
        let Some(shape) = yes.shape.join(&no.shape) else {
            let fault = Fault::WrongType {
                subject: "what follows `:`".to_owned(),
                found: no.shape.to_string(),
                expected: yes.shape.to_string(),
            };
            return self.refuse(otherwise.span, fault);
        };
        if shape.has_structure() {
            let fault = Fault::Unsupported(Unsupported::WholeStructure);
            return self.refuse(node.span, fault);
        }
        let steps = chosen_by.steps.saturating_add(yes.steps.max(no.steps));
        let code = Code::Conditional {
            condition: Box::new(chosen_by.code),
            then: Box::new(yes.code),
            otherwise: Box::new(no.code),
        };
        Checked::new(shape, code, steps)
    }

    fn knowing(&mut self, present: Vec<String>, node: &Node) -> Checked {
        let known = self.present.len();
        self.present.extend(present);
        let checked = self.check(node);
        self.present.truncate(known);
        checked
    }
}
