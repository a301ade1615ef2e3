use std::fmt;

use rules::{CompileError, EvaluationError, Expected, Limits, Record, Rule, Value};

use super::Vocabulary;

/// A condition in CEL, checked: whatever it names is in its vocabulary, its types fit, and its cost
/// is bounded. Cheap to clone.
#[derive(Clone)]
pub struct Condition(Rule);

impl Condition {
    /// Checks a condition over a vocabulary.
    pub fn compile(source: &str, vocabulary: Vocabulary) -> Result<Self, CompileError> {
        let (schema, limits) = (vocabulary.schema(), Limits::default());
        Rule::compile(source, schema, Expected::Bool, &limits).map(Self)
    }

    /// As it is written in the document.
    pub fn source(&self) -> &str {
        self.0.source()
    }

    /// Whether it holds of these facts.
    pub fn holds(&self, facts: &dyn Record) -> Result<bool, EvaluationError> {
        // What was compiled as a condition gives no number.
        self.0
            .evaluate(facts)
            .map(|value| value == Value::Bool(true))
    }

    /// The rule itself: what it reads, and why it holds or not.
    pub fn rule(&self) -> &Rule {
        &self.0
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.source(), formatter)
    }
}

#[cfg(test)]
impl Condition {
    /// One that stands for itself in tests: a single fact of this name.
    pub(crate) fn new(name: &str) -> Self {
        let schema = rules::Schema::builder().variable(name, rules::Type::BOOL);
        let schema = schema.build().unwrap();
        Self(Rule::compile(name, &schema, Expected::Bool, &Limits::default()).unwrap())
    }
}
