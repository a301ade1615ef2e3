//! Evaluation: a walk over checked code.
//!
//! The walk is bounded three times over: the tree is finite, the lists and texts that it goes
//! through are no longer than the schema and the limits say, and every step is counted against the
//! worst case that was worked out when the rule was compiled.

mod calendar;
mod datum;
mod error;
mod functions;
mod lists;
mod operators;
mod selection;
pub(crate) mod trace;

pub(crate) use datum::Datum;
pub(crate) use error::Stopped;
pub use error::{EvaluationError, Failure};

use crate::code::{Code, Part};
use crate::facts::Record;
use lists::Way;
use trace::Trace;

pub(crate) type Outcome<'a> = Result<Datum<'a>, Stopped>;

/// One walk.
pub(crate) struct Walk<'a> {
    facts: &'a dyn Record,
    /// The elements at which the macros around are.
    locals: Vec<Datum<'a>>,
    steps: Steps,
    text_bytes: u32,
    /// What is read, if somebody wants to know.
    pub(crate) trace: Option<Trace>,
}

/// The steps that are left.
struct Steps {
    left: u64,
    limit: u64,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(facts: &'a dyn Record, steps: u64, text_bytes: u32) -> Self {
        Self {
            facts,
            locals: Vec::new(),
            steps: Steps {
                left: steps,
                limit: steps,
            },
            text_bytes,
            trace: None,
        }
    }

    pub(crate) fn value(&mut self, code: &'a Code) -> Outcome<'a> {
        self.spend(1)?;
        match code {
            Code::Bool(value) => Ok(Datum::Bool(*value)),
            Code::Int(value) => Ok(Datum::Int(*value)),
            Code::Text(text) => Ok(Datum::text(text)),
            Code::Timestamp(instant) => Ok(Datum::Timestamp(*instant)),
            Code::Duration(length) => Ok(Datum::Duration(*length)),
            Code::Not(part) => self.truth(&part.code).map(|truth| Datum::Bool(!truth)),
            Code::Every(parts) => self.decided(parts, false),
            Code::Any(parts) => self.decided(parts, true),
            Code::Conditional {
                condition,
                then,
                otherwise,
            } => {
                let chosen = if self.truth(condition)? {
                    then
                } else {
                    otherwise
                };
                self.value(chosen)
            }
            Code::Binary {
                operator,
                left,
                right,
                at,
            } => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.operate(*operator, left, right, *at)
            }
            other => self.other(other),
        }
    }

    /// What is not on the shortest way through a typical rule. Apart, so that the frame of
    /// [`Self::value`], which recurses, stays small.
    fn other(&mut self, code: &'a Code) -> Outcome<'a> {
        match code {
            Code::Negate { operand, at } => self.negated(operand, *at),
            Code::List(elements) => self.list(elements),
            Code::Table(entries) => self.table(entries),
            Code::Call {
                function,
                arguments,
                at,
            } => self.called(*function, arguments, *at),
            Code::Calendar {
                part,
                arguments,
                zone,
                at,
            } => self.in_local_time(*part, arguments, zone, *at),
            Code::Matches { text, pattern } => {
                let text = self.value(text)?.into_text()?;
                self.spend(text_steps(&text))?;
                Ok(Datum::Bool(pattern.is_match(&text)))
            }
            Code::Through {
                purpose,
                list,
                element,
                body,
                at,
            } => {
                let at = *at;
                let way = Way {
                    list,
                    element,
                    body,
                    at,
                };
                self.through(*purpose, way)
            }
            Code::HasValue(optional) => {
                let found = self.value(optional)?.into_optional()?;
                Ok(Datum::Bool(found.is_some()))
            }
            Code::OrValue { optional, fallback } => match self.value(optional)?.into_optional()? {
                Some(value) => Ok(value),
                None => self.value(fallback),
            },
            selection => self.selected(selection),
        }
    }

    /// `&&` and `||`: one part that is `decisive` decides, whatever is wrong with the others; so
    /// the order of the parts does not matter, as CEL has it.
    fn decided(&mut self, parts: &'a [Part], decisive: bool) -> Outcome<'a> {
        let mut wrong = None;
        for part in parts {
            match self.truth(&part.code) {
                Ok(truth) if truth == decisive => return Ok(Datum::Bool(decisive)),
                Ok(_) => {}
                Err(stopped) if stopped.is_final() => return Err(stopped),
                Err(stopped) => wrong = wrong.or(Some(stopped)),
            }
        }
        wrong.map_or(Ok(Datum::Bool(!decisive)), Err)
    }

    fn truth(&mut self, code: &'a Code) -> Result<bool, Stopped> {
        self.value(code)?.into_bool()
    }

    fn spend(&mut self, steps: u64) -> Result<(), Stopped> {
        let limit = self.steps.limit;
        self.steps.left = self
            .steps
            .left
            .checked_sub(steps)
            .ok_or_else(|| Stopped::new(0, Failure::StepsExhausted { limit }))?;
        Ok(())
    }
}

/// The steps that going through a text costs.
fn text_steps(text: &str) -> u64 {
    u64::try_from(text.len() / 64).unwrap_or(u64::MAX)
}
