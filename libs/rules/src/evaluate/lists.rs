use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Datum, Outcome, Stopped, Walk};
use crate::code::{Code, Purpose};
use crate::schema::Shape;

/// A way through a list.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) list: &'a Code,
    pub(super) element: &'a Shape,
    /// What is done with each element.
    pub(super) body: &'a Code,
    pub(super) at: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn list(&mut self, elements: &'a [Code]) -> Outcome<'a> {
        let elements: Result<Vec<_>, _> = elements.iter().map(|each| self.value(each)).collect();
        Ok(Datum::List(Rc::from(elements?)))
    }

    pub(super) fn table(&mut self, entries: &'a [(Code, Code)]) -> Outcome<'a> {
        let mut table = BTreeMap::new();
        for (key, value) in entries {
            let key = self.value(key)?.into_text()?.into_owned();
            table.insert(key, self.value(value)?);
        }
        Ok(Datum::Table(Rc::new(table)))
    }

    pub(super) fn through(&mut self, purpose: Purpose, way: Way<'a>) -> Outcome<'a> {
        let list = self.value(way.list)?;
        match purpose {
            Purpose::All => self.quantified(&list, way, false),
            Purpose::Exists => self.quantified(&list, way, true),
            Purpose::ExistsOne => {
                let chosen = self.chosen(&list, way)?;
                Ok(Datum::Bool(chosen.len() == 1))
            }
            Purpose::Filter => Ok(Datum::List(Rc::from(self.chosen(&list, way)?))),
            Purpose::Map => {
                let mut values = Vec::new();
                for index in 0..list.length()? {
                    let (_, value) = self.round(&list, index, way)?;
                    values.push(value);
                }
                Ok(Datum::List(Rc::from(values)))
            }
        }
    }

    /// `all` and `exists`: as with `&&` and `||`, one decisive element decides, whatever is wrong
    /// with the others.
    fn quantified(&mut self, list: &Datum<'a>, way: Way<'a>, decisive: bool) -> Outcome<'a> {
        let mut wrong = None;
        for index in 0..list.length()? {
            let round = self.round(list, index, way);
            match round.and_then(|(_, value)| value.into_bool()) {
                Ok(truth) if truth == decisive => return Ok(Datum::Bool(decisive)),
                Ok(_) => {}
                Err(stopped) if stopped.is_final() => return Err(stopped),
                Err(stopped) => wrong = wrong.or(Some(stopped)),
            }
        }
        wrong.map_or(Ok(Datum::Bool(!decisive)), Err)
    }

    fn chosen(&mut self, list: &Datum<'a>, way: Way<'a>) -> Result<Vec<Datum<'a>>, Stopped> {
        let mut chosen = Vec::new();
        for index in 0..list.length()? {
            let (element, value) = self.round(list, index, way)?;
            if value.into_bool()? {
                chosen.push(element);
            }
        }
        Ok(chosen)
    }

    /// The body at one element. The variable is put down again whatever happens, because `&&` may
    /// go on after an error.
    fn round(
        &mut self,
        list: &Datum<'a>,
        index: usize,
        way: Way<'a>,
    ) -> Result<(Datum<'a>, Datum<'a>), Stopped> {
        self.spend(1)?;
        let element = match list {
            Datum::Sequence(sequence) => {
                let fact = sequence.at(index).ok_or_else(Stopped::mistyped)?;
                self.admit(fact, ("[]", way.element), way.at)?
            }
            Datum::List(list) => list.get(index).cloned().ok_or_else(Stopped::mistyped)?,
            _ => return Err(Stopped::mistyped()),
        };
        self.enter(way.list, index, element.clone());
        let value = self.value(way.body);
        self.leave();
        Ok((element, value?))
    }
}
