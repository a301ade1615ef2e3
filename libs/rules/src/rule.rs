use std::sync::Arc;

use crate::check::{self, Whole};
use crate::code::Part;
use crate::evaluate::{EvaluationError, Walk};
use crate::explain::{self, Explanation};
use crate::facts::Record;
use crate::problem::{CompileError, Fault, Problems};
use crate::schema::Shape;
use crate::source::Span;
use crate::{Limits, Schema, syntax};

/// A rule that was compiled: any facts of its schema give it a value or a named error, in a
/// bounded number of steps. Cheap to clone, and shared between threads.
#[derive(Clone, Debug)]
pub struct Rule(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    source: String,
    whole: Part,
    steps: u64,
    reads: Vec<String>,
    text_bytes: u32,
}

/// What a rule has to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A condition.
    Bool,
    /// An amount.
    Int,
}

/// What a rule gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of a condition.
    Bool(bool),
    /// Of an amount.
    Int(i64),
}

impl Rule {
    /// Compiles a source. All that is wrong with it is told at once.
    pub fn compile(
        source: &str,
        schema: &Schema,
        expected: Expected,
        limits: &Limits,
    ) -> Result<Self, CompileError> {
        let mut problems = Problems::new(limits.problems);
        if source.len() > limits.source_bytes {
            let (bytes, limit) = (source.len(), limits.source_bytes);
            problems.tell(Span::new(0, 0), Fault::SourceTooLong { bytes, limit });
            problems.into_result("")?;
        }
        let mut problems = Problems::new(limits.problems);
        let root = syntax::parse(source, limits, &mut problems);
        let Whole { code, steps, reads } =
            check::check(source, &root, schema, expected, limits, &mut problems);
        problems.into_result(source)?;
        let span = root.span;
        Ok(Self(Arc::new(Compiled {
            source: source.to_owned(),
            whole: Part { span, code },
            steps,
            reads: reads.into_iter().collect(),
            text_bytes: limits.text_bytes,
        })))
    }

    /// The value of the rule over facts.
    pub fn evaluate(&self, facts: &dyn Record) -> Result<Value, EvaluationError> {
        let outcome = self.walk(facts).value(&self.whole().code);
        outcome
            .and_then(Value::of)
            .map_err(|stopped| stopped.in_source(self.source()))
    }

    /// The value, with each condition's own, and the facts that it read.
    pub fn explain(&self, facts: &dyn Record) -> Explanation {
        explain::explain(self, facts)
    }

    /// What the rule reads, sorted: `member.tier`, `order.lines`, `order.lines[].amount`. So a
    /// caller loads no more than that.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        self.0.reads.iter().map(String::as_str)
    }

    /// Whether the rule reads `path` or anything in it: one that does not read `now` can't change
    /// because time passes.
    pub fn reads_from(&self, path: &str) -> bool {
        self.reads().any(|read| {
            let rest = read.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// The steps of one evaluation in the worst case.
    pub fn steps(&self) -> u64 {
        self.0.steps
    }

    /// What it was compiled from.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    pub(crate) fn whole(&self) -> &Part {
        &self.0.whole
    }

    pub(crate) fn walk<'a>(&'a self, facts: &'a dyn Record) -> Walk<'a> {
        Walk::new(facts, self.0.steps, self.0.text_bytes)
    }
}

impl Expected {
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Bool => Shape::Bool,
            Self::Int => Shape::Int,
        }
    }
}

impl Value {
    /// Whether it is a condition that holds.
    pub fn is_true(self) -> bool {
        self == Self::Bool(true)
    }

    /// The amount, if it is one.
    pub fn as_int(self) -> Option<i64> {
        match self {
            Self::Int(amount) => Some(amount),
            Self::Bool(_) => None,
        }
    }
}
