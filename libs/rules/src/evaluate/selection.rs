//! Reading facts: checked against the schema at the moment that they are read.

use std::rc::Rc;

use super::{Datum, Failure, Outcome, Stopped, Walk};
use crate::code::Code;
use crate::facts::{Fact, Record};
use crate::schema::Shape;

impl<'a> Walk<'a> {
    pub(super) fn selected(&mut self, code: &'a Code) -> Outcome<'a> {
        let read = match code {
            Code::Local(slot) => {
                let element = self.locals.get(*slot).cloned();
                element.ok_or_else(Stopped::mistyped)?
            }
            Code::Variable { name, shape, at } => self.present(self.facts, (name, shape), *at)?,
            Code::Field {
                operand,
                name,
                shape,
                at,
            } => match self.value(operand)? {
                Datum::Record(record) => self.present(record, (name, shape), *at)?,
                Datum::Table(table) => entry(table.get(&**name), name, *at)?,
                _ => return Err(Stopped::mistyped()),
            },
            Code::Has { operand, name } => {
                let there = match self.value(operand)? {
                    Datum::Record(record) => record.get(name).is_some(),
                    Datum::Table(table) => table.contains_key(&**name),
                    _ => return Err(Stopped::mistyped()),
                };
                Datum::Bool(there)
            }
            Code::Maybe {
                operand,
                name,
                shape,
                at,
            } => {
                let operand = self.value(operand)?;
                self.maybe(operand, (name, shape), *at)?
            }
            Code::Lookup {
                operand,
                key,
                shape,
                optional,
                at,
            } => {
                let (from, key) = (self.value(operand)?, self.value(key)?);
                let found = self.looked_up(from, key, shape, *at);
                found_or_missing(found, *optional)?
            }
            _ => return Err(Stopped::mistyped()),
        };
        self.note(code, &read);
        Ok(read)
    }

    /// A fact that is promised, or was asked for by a condition.
    fn present(
        &self,
        from: &'a dyn Record,
        (name, shape): (&'a str, &'a Shape),
        at: usize,
    ) -> Outcome<'a> {
        let Some(fact) = from.get(name) else {
            let name = name.to_owned();
            return Err(Stopped::new(at, Failure::MissingFact { name }));
        };
        self.admit(fact, (name, shape), at)
    }

    /// `operand.?name`
    fn maybe(
        &self,
        operand: Datum<'a>,
        (name, shape): (&'a str, &'a Shape),
        at: usize,
    ) -> Outcome<'a> {
        let found = match operand {
            Datum::Optional(None) => None,
            Datum::Optional(Some(inner)) => {
                return self.maybe(Rc::unwrap_or_clone(inner), (name, shape), at);
            }
            Datum::Record(record) => record
                .get(name)
                .map(|fact| self.admit(fact, (name, shape), at))
                .transpose()?,
            Datum::Table(table) => table.get(name).cloned(),
            _ => return Err(Stopped::mistyped()),
        };
        Ok(Datum::optional(found))
    }

    fn looked_up(
        &self,
        from: Datum<'a>,
        key: Datum<'a>,
        shape: &'a Shape,
        at: usize,
    ) -> Outcome<'a> {
        match (from, key) {
            (Datum::Record(record), Datum::Text(key)) => match record.get(&key) {
                Some(fact) => self.admit(fact, (&key, shape), at),
                None => entry(None, &key, at),
            },
            (Datum::Table(table), Datum::Text(key)) => entry(table.get(&*key), &key, at),
            (list, Datum::Int(index)) => self.element(&list, index, shape, at),
            _ => Err(Stopped::mistyped()),
        }
    }

    fn element(&self, list: &Datum<'a>, index: i64, shape: &'a Shape, at: usize) -> Outcome<'a> {
        let place = usize::try_from(index).ok();
        let found = match list {
            Datum::Sequence(sequence) => place
                .and_then(|place| sequence.at(place))
                .map(|fact| self.admit(fact, ("[]", shape), at))
                .transpose()?,
            Datum::List(list) => place.and_then(|place| list.get(place).cloned()),
            _ => return Err(Stopped::mistyped()),
        };
        let length = list.length()?;
        found.ok_or_else(|| Stopped::new(at, Failure::NoSuchElement { index, length }))
    }

    /// A fact as the value that the schema promises; no other one gets in.
    pub(super) fn admit(
        &self,
        fact: Fact<'a>,
        (name, shape): (&str, &Shape),
        at: usize,
    ) -> Outcome<'a> {
        match (fact, shape) {
            (Fact::Text(text), Shape::Text) => self.bounded(text.len(), at)?,
            (Fact::List(list), Shape::List { at_most, .. }) => {
                let length = list.length();
                if exceeds(length, *at_most) {
                    let failure = Failure::ListTooLong {
                        name: name.to_owned(),
                        length,
                        limit: *at_most,
                    };
                    return Err(Stopped::new(at, failure));
                }
            }
            (Fact::Bool(_), Shape::Bool)
            | (Fact::Int(_), Shape::Int)
            | (Fact::Timestamp(_), Shape::Timestamp)
            | (Fact::Duration(_), Shape::Duration)
            | (Fact::Record(_), Shape::Structure(_) | Shape::Map(_)) => {}
            (other, _) => {
                let failure = Failure::WrongFact {
                    name: name.to_owned(),
                    found: other.kind(),
                    expected: shape.to_string(),
                };
                return Err(Stopped::new(at, failure));
            }
        }
        Ok(Datum::of(fact))
    }

    /// Refuses texts beyond the bound, be they facts or made by the rule.
    pub(super) fn bounded(&self, bytes: usize, at: usize) -> Result<(), Stopped> {
        let limit = self.text_bytes;
        if exceeds(bytes, limit) {
            return Err(Stopped::new(at, Failure::TextTooLong { bytes, limit }));
        }
        Ok(())
    }
}

fn exceeds(length: usize, bound: u32) -> bool {
    u32::try_from(length).map_or(true, |length| length > bound)
}

fn entry<'a>(found: Option<&Datum<'a>>, key: &str, at: usize) -> Outcome<'a> {
    found.cloned().ok_or_else(|| {
        let key = key.to_owned();
        Stopped::new(at, Failure::NoSuchKey { key })
    })
}

/// For `[?key]`, nothing found is a value.
fn found_or_missing(found: Outcome<'_>, optional: bool) -> Outcome<'_> {
    match found {
        Ok(value) if optional => Ok(Datum::optional(Some(value))),
        Err(stopped) if optional && stopped.is_not_found() => Ok(Datum::optional(None)),
        other => other,
    }
}
