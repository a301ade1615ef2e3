//! Conditions and amounts that operators write themselves, in
//! [CEL](https://github.com/google/cel-spec): earning rules, segments, routing, branching.
//!
//! ```
//! use rules::{Expected, Facts, Limits, Rule, Schema, Structure, Type, Value};
//!
//! let member = Structure::builder("Member")
//!     .field("tier", Type::TEXT)
//!     .optional("birthday", Type::TEXT)
//!     .build()?;
//! let schema = Schema::builder()
//!     .variable("member", Type::structure(member))
//!     .variable("amount", Type::INT)
//!     .build()?;
//! let source = "amount >= 10000 && member.tier in ['gold', 'diamond']";
//! let rule = Rule::compile(source, &schema, Expected::Bool, &Limits::default())?;
//!
//! let member = std::collections::BTreeMap::from([("tier".to_owned(), "gold")]);
//! let facts = Facts::new().with("member", &member).with("amount", &12_000_i64);
//! assert_eq!(rule.evaluate(&facts)?, Value::Bool(true));
//!
//! let wrong = Rule::compile("member.tire == 1", &schema, Expected::Bool, &Limits::default());
//! assert_eq!(
//!     wrong.unwrap_err().to_string(),
//!     "1:8: Member has no field `tire`; did you mean `tier`?",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What a rule promises once it is compiled:
//! - it names nothing that the schema does not have, and no type in it is wrong;
//! - it never reads a field that may be missing without having asked `has(…)`;
//! - it takes at most [`Rule::steps`] steps, whatever the facts are;
//! - its value depends on the facts alone: "now" is a fact, and there is no function of chance;
//! - it has a value or a named [`EvaluationError`], never a panic.
//!
//! | step | where |
//! |---|---|
//! | source → tree | `syntax/` |
//! | tree → checked code | `check/`, by a [`Schema`], within [`Limits`] |
//! | code → value | `evaluate/`, over anything that is a [`Record`] |
//! | why | [`Rule::explain`] |
//!
//! It is a subset of CEL: no floating-point and unsigned numbers, bytes, null, messages. Functions
//! are CEL's own, `lowerAscii`, `upperAscii`, `trim`, `sum`, `min`, `max`, `math.least`,
//! `math.greatest` from its extensions, and for local time
//! `year`, `month`, `day_of_month`, `day_of_week` (1 is Monday), `hour`, `local_date`,
//! `local_time` `(timestamp, zone)` and `days_between(timestamp, timestamp, zone)`. A schema may add
//! families of fields that a written argument tells apart: `orders.within_days(90).count`.

mod check;
mod code;
mod evaluate;
mod explain;
mod facts;
mod functions;
mod limits;
mod problem;
mod rule;
mod schema;
mod source;
mod syntax;

pub use evaluate::{EvaluationError, Failure};
pub use explain::{Explanation, FactRead, Junction};
pub use facts::{AsFact, Fact, Facts, Record, Sequence};
pub use limits::Limits;
pub use problem::{CompileError, Fault, Problem, Unsupported};
pub use rule::{Expected, Rule, Value};
pub use schema::{Argument, Schema, SchemaBuilder, SchemaError, Structure, StructureBuilder, Type};
pub use source::Position;
