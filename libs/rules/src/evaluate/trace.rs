//! What an evaluation reads, written down for explanations.

use super::{Datum, Walk};
use crate::code::Code;
use crate::explain::FactRead;

/// Facts that are written down of one condition: an explanation with the thousand lines of a
/// basket helps nobody.
const FACTS: usize = 50;

/// The facts read so far, and where the macros around are: `order.lines[2]`.
#[derive(Default)]
pub(crate) struct Trace {
    reads: Vec<FactRead>,
    places: Vec<Option<String>>,
}

impl Trace {
    pub(crate) fn take_reads(&mut self) -> Vec<FactRead> {
        std::mem::take(&mut self.reads)
    }

    /// The path of what the code reads, if it is a fact as it stands.
    fn path(&self, code: &Code) -> Option<String> {
        match code {
            Code::Variable { name, .. } => Some(name.to_string()),
            Code::Local(slot) => self.places.get(*slot).cloned().flatten(),
            Code::Field { operand, name, .. }
            | Code::Has { operand, name }
            | Code::Maybe { operand, name, .. } => Some(format!("{}.{name}", self.path(operand)?)),
            Code::Lookup { operand, key, .. } => {
                let path = self.path(operand)?;
                Some(match &**key {
                    Code::Text(key) => format!("{path}.{key}"),
                    Code::Int(index) => format!("{path}[{index}]"),
                    _ => format!("{path}[…]"),
                })
            }
            _ => None,
        }
    }

    fn note(&mut self, code: &Code, read: &Datum<'_>) {
        // Structures and maps are only passed through.
        if matches!(read, Datum::Record(_) | Datum::Table(_)) || self.reads.len() >= FACTS {
            return;
        }
        let Some(path) = self.path(code) else {
            return;
        };
        let value = match (code, read) {
            (Code::Has { .. }, Datum::Bool(true)) => "there".to_owned(),
            (Code::Has { .. }, _) => "missing".to_owned(),
            _ => read.to_string(),
        };
        let read = FactRead { path, value };
        if !self.reads.contains(&read) {
            self.reads.push(read);
        }
    }
}

impl<'a> Walk<'a> {
    /// Writes down a fact, if anybody wants to know.
    pub(super) fn note(&mut self, code: &Code, read: &Datum<'_>) {
        if let Some(trace) = &mut self.trace {
            trace.note(code, read);
        }
    }

    /// Goes to an element: its value for the rule, its place for the trace.
    pub(super) fn enter(&mut self, list: &Code, index: usize, element: Datum<'a>) {
        self.locals.push(element);
        if let Some(trace) = &mut self.trace {
            let list = trace.path(list);
            trace
                .places
                .push(list.map(|list| format!("{list}[{index}]")));
        }
    }

    pub(super) fn leave(&mut self) {
        self.locals.pop();
        if let Some(trace) = &mut self.trace {
            trace.places.pop();
        }
    }
}
