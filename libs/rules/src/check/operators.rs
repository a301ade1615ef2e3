//! Operators of one and two operands.

use super::{Checked, Checker};
use crate::code::Code;
use crate::problem::{Fault, Unsupported};
use crate::schema::Shape;
use crate::syntax::{Kind, Node, Operator};

/// What an operator gives, and what it costs beyond a step.
struct Outcome {
    shape: Shape,
    steps: u64,
}

impl Checker<'_> {
    pub(super) fn negate(&mut self, node: &Node, operand: &Node) -> Checked {
        let operand = self.expect(operand, &Shape::Int, "what `-` negates");
        let code = Code::Negate {
            operand: Box::new(operand.code),
            at: node.span.start,
        };
        Checked::new(Shape::Int, code, operand.steps)
    }

    pub(super) fn binary(
        &mut self,
        node: &Node,
        operator: Operator,
        left: &Node,
        right: &Node,
    ) -> Checked {
        let from = self.check(left);
        let with = self.check(right);
        if from.shape == Shape::Unknown || with.shape == Shape::Unknown {
            return Checked::nothing();
        }
        let Some(outcome) = self.outcome(operator, &from.shape, &with.shape) else {
            let fault = refusal(operator, &from.shape, &with.shape);
            return self.refuse(node.span, fault);
        };
        if operator == Operator::In {
            self.note_key(left, &with);
        }
        let steps = from.steps.saturating_add(with.steps);
        let code = Code::Binary {
            operator,
            left: Box::new(from.code),
            right: Box::new(with.code),
            at: node.span.start,
        };
        Checked::new(outcome.shape, code, steps.saturating_add(outcome.steps))
    }

    fn outcome(&self, operator: Operator, left: &Shape, right: &Shape) -> Option<Outcome> {
        let text_steps = self.limits.text_steps();
        match operator {
            Operator::Equal | Operator::NotEqual => {
                let shape = comparable(left, right)?;
                let steps = shape.weight(text_steps);
                Some(Outcome {
                    shape: Shape::Bool,
                    steps,
                })
            }
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {
                let ordered = [Shape::Int, Shape::Text, Shape::Timestamp, Shape::Duration];
                let steps = left.weight(text_steps);
                let fit = left == right && ordered.contains(left);
                fit.then_some(Outcome {
                    shape: Shape::Bool,
                    steps,
                })
            }
            Operator::In => within(left, right, text_steps),
            Operator::Add => sum(left, right, text_steps),
            Operator::Subtract => difference(left, right),
            Operator::Multiply | Operator::Divide | Operator::Remainder => {
                let fit = (left, right) == (&Shape::Int, &Shape::Int);
                fit.then_some(Outcome {
                    shape: Shape::Int,
                    steps: 0,
                })
            }
        }
    }

    /// A key that is looked for is read.
    fn note_key(&mut self, key: &Node, container: &Checked) {
        let (Some(origin), Shape::Map(_)) = (&container.origin, &container.shape) else {
            return;
        };
        self.reads.insert(match &key.kind {
            Kind::Text(key) => format!("{origin}.{key}"),
            _ => format!("{origin}[]"),
        });
    }
}

/// The type of both, if values of it can be compared: no structures, and no maps.
fn comparable(left: &Shape, right: &Shape) -> Option<Shape> {
    left.join(right).filter(is_comparable)
}

fn is_comparable(shape: &Shape) -> bool {
    match shape {
        Shape::List { element, .. } => is_comparable(element),
        Shape::Map(_) | Shape::Structure(_) | Shape::Optional(_) => false,
        _ => true,
    }
}

fn within(item: &Shape, container: &Shape, text_steps: u64) -> Option<Outcome> {
    let steps = match container {
        Shape::List { element, at_most } => {
            let weight = comparable(item, element)?.weight(text_steps);
            weight.saturating_mul(u64::from(*at_most))
        }
        Shape::Map(_) if item == &Shape::Text => text_steps,
        _ => return None,
    };
    Some(Outcome {
        shape: Shape::Bool,
        steps,
    })
}

fn sum(left: &Shape, right: &Shape, text_steps: u64) -> Option<Outcome> {
    let (shape, steps) = match (left, right) {
        (Shape::Int, Shape::Int) => (Shape::Int, 0),
        (Shape::Text, Shape::Text) => (Shape::Text, text_steps),
        (Shape::Duration, Shape::Duration) => (Shape::Duration, 0),
        (Shape::Timestamp, Shape::Duration) | (Shape::Duration, Shape::Timestamp) => {
            (Shape::Timestamp, 0)
        }
        (
            Shape::List { element, at_most },
            Shape::List {
                element: other,
                at_most: more,
            },
        ) => {
            let element = element.join(other).filter(|shape| !shape.has_structure())?;
            let at_most = at_most.saturating_add(*more);
            (Shape::list(element, at_most), u64::from(at_most))
        }
        _ => return None,
    };
    Some(Outcome { shape, steps })
}

fn difference(left: &Shape, right: &Shape) -> Option<Outcome> {
    let shape = match (left, right) {
        (Shape::Int, Shape::Int) => Shape::Int,
        (Shape::Timestamp | Shape::Duration, Shape::Duration) => left.clone(),
        (Shape::Timestamp, Shape::Timestamp) => Shape::Duration,
        _ => return None,
    };
    Some(Outcome { shape, steps: 0 })
}

fn refusal(operator: Operator, left: &Shape, right: &Shape) -> Fault {
    if matches!(left, Shape::Structure(_)) && matches!(right, Shape::Structure(_)) {
        return Fault::Unsupported(Unsupported::WholeStructure);
    }
    let expected = match operator {
        Operator::Equal | Operator::NotEqual => "two values of one type",
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            "two of int, string, timestamp or duration, both the same"
        }
        Operator::In => "a value in a list of its type, or a string in a map",
        Operator::Add => "two of int, string, duration or list, or a timestamp and a duration",
        Operator::Subtract => "two of int, timestamp or duration, or a timestamp and a duration",
        Operator::Multiply | Operator::Divide | Operator::Remainder => "int and int",
    };
    Fault::WrongOperands {
        operator: operator.text(),
        left: left.to_string(),
        right: right.to_string(),
        expected,
    }
}
