use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use super::{Datum, Failure, Outcome, Stopped, Walk, text_steps};
use crate::code::Code;
use crate::syntax::Operator;

impl<'a> Walk<'a> {
    pub(super) fn negated(&mut self, operand: &'a Code, at: usize) -> Outcome<'a> {
        let value = self.value(operand)?.into_int()?;
        let negated = value.checked_neg();
        negated
            .map(Datum::Int)
            .ok_or_else(|| Stopped::overflow(at, "-"))
    }

    pub(super) fn operate(
        &mut self,
        operator: Operator,
        left: Datum<'a>,
        right: Datum<'a>,
        at: usize,
    ) -> Outcome<'a> {
        let truth = match operator {
            Operator::Equal => self.equal(&left, &right)?,
            Operator::NotEqual => !self.equal(&left, &right)?,
            Operator::Less => self.order(&left, &right)?.is_lt(),
            Operator::LessOrEqual => self.order(&left, &right)?.is_le(),
            Operator::Greater => self.order(&left, &right)?.is_gt(),
            Operator::GreaterOrEqual => self.order(&left, &right)?.is_ge(),
            Operator::In => self.within(&left, &right)?,
            Operator::Add => return self.sum(left, right, at),
            Operator::Subtract => return difference(&left, &right, at),
            Operator::Multiply | Operator::Divide | Operator::Remainder => {
                return product(operator, left.into_int()?, right.into_int()?, at);
            }
        };
        Ok(Datum::Bool(truth))
    }

    fn equal(&mut self, left: &Datum<'a>, right: &Datum<'a>) -> Result<bool, Stopped> {
        if let (Datum::Bool(left), Datum::Bool(right)) = (left, right) {
            return Ok(left == right);
        }
        if !matches!(left, Datum::Sequence(_) | Datum::List(_)) {
            return Ok(self.order(left, right)?.is_eq());
        }
        let length = left.length()?;
        if length != right.length()? {
            return Ok(false);
        }
        for index in 0..length {
            self.spend(1)?;
            if !self.equal(&nth(left, index)?, &nth(right, index)?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn order(&mut self, left: &Datum<'a>, right: &Datum<'a>) -> Result<Ordering, Stopped> {
        match (left, right) {
            (Datum::Int(left), Datum::Int(right)) => Ok(left.cmp(right)),
            (Datum::Text(left), Datum::Text(right)) => {
                self.spend(text_steps(left))?;
                Ok(left.cmp(right))
            }
            (Datum::Timestamp(left), Datum::Timestamp(right)) => Ok(left.cmp(right)),
            (Datum::Duration(left), Datum::Duration(right)) => Ok(left.cmp(right)),
            _ => Err(Stopped::mistyped()),
        }
    }

    fn within(&mut self, item: &Datum<'a>, container: &Datum<'a>) -> Result<bool, Stopped> {
        match (item, container) {
            (Datum::Text(key), Datum::Record(record)) => return Ok(record.get(key).is_some()),
            (Datum::Text(key), Datum::Table(table)) => return Ok(table.contains_key(&**key)),
            _ => {}
        }
        for index in 0..container.length()? {
            self.spend(1)?;
            if self.equal(item, &nth(container, index)?)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn sum(&mut self, left: Datum<'a>, right: Datum<'a>, at: usize) -> Outcome<'a> {
        let sum = match (left, right) {
            (Datum::Int(left), Datum::Int(right)) => left.checked_add(right).map(Datum::Int),
            (Datum::Duration(left), Datum::Duration(right)) => {
                left.checked_add(right).map(Datum::Duration)
            }
            (Datum::Timestamp(instant), Datum::Duration(length))
            | (Datum::Duration(length), Datum::Timestamp(instant)) => {
                instant.checked_add(length).ok().map(Datum::Timestamp)
            }
            (Datum::Text(left), Datum::Text(right)) => {
                let bytes = left.len().saturating_add(right.len());
                self.bounded(bytes, at)?;
                return Ok(Datum::Text(Cow::Owned(left.into_owned() + &right)));
            }
            (left, right) => return self.joined(&left, &right),
        };
        sum.ok_or_else(|| Stopped::overflow(at, "+"))
    }

    fn joined(&mut self, left: &Datum<'a>, right: &Datum<'a>) -> Outcome<'a> {
        let mut elements = Vec::new();
        for list in [left, right] {
            for index in 0..list.length()? {
                self.spend(1)?;
                elements.push(nth(list, index)?);
            }
        }
        Ok(Datum::List(Rc::from(elements)))
    }
}

/// An element that is there. Its type is not checked here: what is done with it does.
fn nth<'a>(list: &Datum<'a>, index: usize) -> Outcome<'a> {
    let element = match list {
        Datum::Sequence(sequence) => sequence.at(index).map(Datum::of),
        Datum::List(list) => list.get(index).cloned(),
        _ => None,
    };
    element.ok_or_else(Stopped::mistyped)
}

fn difference<'a>(left: &Datum<'a>, right: &Datum<'a>, at: usize) -> Outcome<'a> {
    let difference = match (left, right) {
        (Datum::Int(left), Datum::Int(right)) => left.checked_sub(*right).map(Datum::Int),
        (Datum::Duration(left), Datum::Duration(right)) => {
            left.checked_sub(*right).map(Datum::Duration)
        }
        (Datum::Timestamp(instant), Datum::Duration(length)) => {
            instant.checked_sub(*length).ok().map(Datum::Timestamp)
        }
        (Datum::Timestamp(left), Datum::Timestamp(right)) => {
            Some(Datum::Duration(left.duration_since(*right)))
        }
        _ => return Err(Stopped::mistyped()),
    };
    difference.ok_or_else(|| Stopped::overflow(at, "-"))
}

/// Division cuts towards 0, and a remainder has the sign of the dividend, as in CEL.
fn product<'a>(operator: Operator, left: i64, right: i64, at: usize) -> Outcome<'a> {
    let result = match operator {
        Operator::Multiply => left.checked_mul(right),
        _ if right == 0 => return Err(Stopped::new(at, Failure::DivisionByZero)),
        Operator::Divide => left.checked_div(right),
        _ => left.checked_rem(right),
    };
    result
        .map(Datum::Int)
        .ok_or_else(|| Stopped::overflow(at, operator.text()))
}
