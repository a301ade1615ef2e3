//! Why a rule has the value that it has.

use crate::code::{Code, Part};
use crate::evaluate::trace::Trace;
use crate::evaluate::{Datum, EvaluationError, Failure, Stopped, Walk};
use crate::facts::Record;
use crate::rule::{Rule, Value};

/// A rule or a condition in it, with its value and what led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Its text.
    pub text: String,
    /// Its value; or why it has none, which the whole may do without.
    pub outcome: Result<Value, EvaluationError>,
    /// How its parts make it up.
    pub junction: Junction,
    /// The conditions in it. All are evaluated, also those that the whole could do without.
    pub parts: Vec<Explanation>,
    /// The facts that it read, if it has no parts; at most 50.
    pub reads: Vec<FactRead>,
}

/// How conditions make up another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Junction {
    /// There are no parts.
    Leaf,
    /// `!`: the part must not hold.
    Not,
    /// `&&`: all must hold.
    Every,
    /// `||`: one must hold.
    Any,
}

/// A fact and its value when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactRead {
    /// `order.lines[2].amount`
    pub path: String,
    /// As a rule would write it, shortened; `missing` if it is.
    pub value: String,
}

/// Explains a rule over facts.
pub(crate) fn explain(rule: &Rule, facts: &dyn Record) -> Explanation {
    let mut walk = rule.walk(facts);
    walk.trace = Some(Trace::default());
    Explainer { rule, walk }.part(rule.whole())
}

struct Explainer<'a> {
    rule: &'a Rule,
    walk: Walk<'a>,
}

impl<'a> Explainer<'a> {
    fn part(&mut self, part: &'a Part) -> Explanation {
        let (junction, parts) = match &part.code {
            Code::Not(inner) => (Junction::Not, std::slice::from_ref(&**inner)),
            Code::Every(parts) => (Junction::Every, &**parts),
            Code::Any(parts) => (Junction::Any, &**parts),
            _ => return self.leaf(part),
        };
        let parts: Vec<_> = parts.iter().map(|inner| self.part(inner)).collect();
        Explanation {
            text: self.text(part),
            outcome: joined(junction, &parts),
            junction,
            parts,
            reads: Vec::new(),
        }
    }

    fn leaf(&mut self, part: &'a Part) -> Explanation {
        let outcome = self.walk.value(&part.code).and_then(Value::of);
        let reads = self.walk.trace.as_mut().map(Trace::take_reads);
        Explanation {
            text: self.text(part),
            outcome: outcome.map_err(|stopped| stopped.in_source(self.rule.source())),
            junction: Junction::Leaf,
            parts: Vec::new(),
            reads: reads.unwrap_or_default(),
        }
    }

    fn text(&self, part: &Part) -> String {
        part.span.text(self.rule.source()).to_owned()
    }
}

/// The value of the whole from those of its parts, as an evaluation finds it.
fn joined(junction: Junction, parts: &[Explanation]) -> Result<Value, EvaluationError> {
    let decisive = Value::Bool(junction == Junction::Any);
    let mut wrong = None;
    for part in parts {
        match &part.outcome {
            Ok(Value::Bool(value)) if junction == Junction::Not => return Ok(Value::Bool(!value)),
            Ok(value) if *value == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(error) if matches!(error.failure, Failure::StepsExhausted { .. }) => {
                return Err(error.clone());
            }
            Err(error) => wrong = wrong.or(Some(error.clone())),
        }
    }
    wrong.map_or(Ok(Value::Bool(junction != Junction::Any)), Err)
}

impl Value {
    pub(crate) fn of(datum: Datum<'_>) -> Result<Self, Stopped> {
        match datum {
            Datum::Bool(value) => Ok(Self::Bool(value)),
            other => other.into_int().map(Self::Int),
        }
    }
}
