//! From a syntax tree to checked code: names, types, what may be missing, and the cost in the
//! worst case.

mod calls;
mod conditions;
mod families;
mod lists;
mod literals;
mod near;
mod operators;
mod pattern;
mod presence;
mod selection;

use std::collections::BTreeSet;

use crate::Limits;
use crate::code::Code;
use crate::problem::{Fault, Problems};
use crate::rule::Expected;
use crate::schema::{Schema, Shape};
use crate::source::{Span, excerpt};
use crate::syntax::{Kind, Node};

/// A rule that has been checked.
pub(crate) struct Whole {
    pub(crate) code: Code,
    pub(crate) steps: u64,
    pub(crate) reads: BTreeSet<String>,
}

/// Checks a whole rule. What is wrong with it goes to `problems`.
pub(crate) fn check(
    source: &str,
    root: &Node,
    schema: &Schema,
    expected: Expected,
    limits: &Limits,
    problems: &mut Problems,
) -> Whole {
    let mut checker = Checker {
        source,
        schema,
        limits,
        problems,
        locals: Vec::new(),
        present: Vec::new(),
        reads: BTreeSet::new(),
    };
    let Checked { code, steps, .. } = checker.expect(root, &expected.shape(), "the rule");
    if steps > limits.steps {
        let limit = limits.steps;
        checker.tell(root.span, Fault::TooCostly { steps, limit });
    }
    Whole {
        code,
        steps,
        reads: checker.reads,
    }
}

struct Checker<'c> {
    source: &'c str,
    schema: &'c Schema,
    limits: &'c Limits,
    problems: &'c mut Problems,
    /// The variables of the macros around.
    locals: Vec<Local>,
    /// Places that are known not to be missing here.
    present: Vec<String>,
    reads: BTreeSet<String>,
}

struct Local {
    name: String,
    shape: Shape,
    origin: Option<String>,
}

/// A checked expression.
struct Checked {
    shape: Shape,
    code: Code,
    /// Steps in the worst case.
    steps: u64,
    /// What of the facts it is, if it is one of them as it stands: `order.lines`.
    origin: Option<String>,
}

impl Checked {
    fn new(shape: Shape, code: Code, steps: u64) -> Self {
        Self {
            shape,
            code,
            steps: steps.saturating_add(1),
            origin: None,
        }
    }

    /// Of an expression with a problem that has been told.
    fn nothing() -> Self {
        Self::new(Shape::Unknown, Code::Nothing, 0)
    }
}

impl Checker<'_> {
    fn tell(&mut self, span: Span, fault: Fault) {
        self.problems.tell(span, fault);
    }

    /// A problem, and nothing more about the expression.
    fn refuse(&mut self, span: Span, fault: Fault) -> Checked {
        self.tell(span, fault);
        Checked::nothing()
    }

    fn check(&mut self, node: &Node) -> Checked {
        match &node.kind {
            Kind::Broken => Checked::nothing(),
            Kind::Bool(value) => Checked::new(Shape::Bool, Code::Bool(*value), 0),
            Kind::Int(value) => Checked::new(Shape::Int, Code::Int(*value), 0),
            Kind::Text(text) => self.text(node.span, text),
            Kind::Name(name) => self.name(node.span, name),
            Kind::Select {
                operand,
                field,
                optional,
            } => self.select(node, operand, field, *optional),
            Kind::Index {
                operand,
                key,
                optional,
            } => self.index(node, operand, key, *optional),
            Kind::Call {
                target,
                function,
                arguments,
            } => self.call(node, target.as_deref(), function, arguments),
            Kind::List(elements) => self.list(elements),
            Kind::Map(entries) => self.map(entries),
            Kind::Not(operand) => self.not(operand),
            Kind::Negate(operand) => self.negate(node, operand),
            Kind::Binary {
                operator,
                left,
                right,
            } => self.binary(node, *operator, left, right),
            Kind::Every(parts) => self.every(parts),
            Kind::Any(parts) => self.any(parts),
            Kind::Conditional {
                condition,
                then,
                otherwise,
            } => self.conditional(node, condition, then, otherwise),
        }
    }

    /// Checks an expression that has to be of a type.
    fn expect(&mut self, node: &Node, shape: &Shape, subject: &str) -> Checked {
        let checked = self.check(node);
        if checked.shape.fits(shape) {
            return checked;
        }
        let fault = Fault::WrongType {
            subject: subject.to_owned(),
            found: checked.shape.to_string(),
            expected: shape.to_string(),
        };
        self.refuse(node.span, fault)
    }

    /// A stretch of the source for a problem's text.
    fn written(&self, span: Span) -> String {
        excerpt(span.text(self.source)).into_owned()
    }

    fn text(&mut self, span: Span, text: &str) -> Checked {
        let limit = usize::try_from(self.limits.text_bytes).unwrap_or(usize::MAX);
        if text.len() > limit {
            let bytes = text.len();
            return self.refuse(span, Fault::TextTooLong { bytes, limit });
        }
        Checked::new(Shape::Text, Code::Text(text.into()), 0)
    }
}
