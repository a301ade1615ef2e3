use std::borrow::Cow;

use super::{Datum, Failure, Outcome, Stopped, Walk, text_steps};
use crate::code::Code;
use crate::functions::Function;

impl<'a> Walk<'a> {
    /// No function takes more than three arguments, so none of them needs a list.
    pub(super) fn called(
        &mut self,
        function: Function,
        arguments: &'a [Code],
        at: usize,
    ) -> Outcome<'a> {
        match arguments {
            [only] => {
                let argument = self.value(only)?;
                self.of_one(function, argument, at)
            }
            [left, right] => match (self.value(left)?, self.value(right)?) {
                (Datum::Text(text), Datum::Text(part)) => self.of_texts(function, &text, &part),
                (left, right) => chosen_int(function, &[left, right], at),
            },
            [first, second, third] => {
                let numbers = [self.value(first)?, self.value(second)?, self.value(third)?];
                chosen_int(function, &numbers, at)
            }
            _ => Err(Stopped::mistyped()),
        }
    }

    fn of_one(&mut self, function: Function, argument: Datum<'a>, at: usize) -> Outcome<'a> {
        match argument {
            Datum::Text(text) => {
                self.spend(text_steps(&text))?;
                of_text(function, text, at)
            }
            Datum::Int(number) => match function {
                Function::ToText => Ok(Datum::Text(Cow::Owned(number.to_string()))),
                Function::ToInt => Ok(Datum::Int(number)),
                _ => Err(Stopped::mistyped()),
            },
            Datum::Bool(value) => Ok(Datum::text(if value { "true" } else { "false" })),
            Datum::Timestamp(instant) => match function {
                Function::ToText => Ok(Datum::Text(Cow::Owned(instant.to_string()))),
                _ => Ok(Datum::Int(instant.as_second())),
            },
            Datum::Duration(length) => of_duration(function, length, at),
            list => self.of_list(function, &list, at),
        }
    }

    fn of_texts(&mut self, function: Function, text: &str, part: &str) -> Outcome<'a> {
        self.spend(text_steps(text))?;
        let truth = match function {
            Function::Contains => text.contains(part),
            Function::StartsWith => text.starts_with(part),
            Function::EndsWith => text.ends_with(part),
            _ => return Err(Stopped::mistyped()),
        };
        Ok(Datum::Bool(truth))
    }

    fn of_list(&mut self, function: Function, list: &Datum<'a>, at: usize) -> Outcome<'a> {
        let length = list.length()?;
        if function == Function::Size {
            let length = i64::try_from(length).map_err(|_| Stopped::overflow(at, "size"))?;
            return Ok(Datum::Int(length));
        }
        self.spend(u64::try_from(length).unwrap_or(u64::MAX))?;
        match list {
            Datum::List(numbers) => chosen_int(function, numbers, at),
            Datum::Sequence(numbers) => {
                let numbers: Vec<_> = (0..length)
                    .filter_map(|index| numbers.at(index).map(Datum::of))
                    .collect();
                chosen_int(function, &numbers, at)
            }
            _ => Err(Stopped::mistyped()),
        }
    }
}

/// The sum, the least or the greatest of numbers.
fn chosen_int<'a>(function: Function, numbers: &[Datum<'a>], at: usize) -> Outcome<'a> {
    let mut chosen: Option<i64> = None;
    for number in numbers {
        let Datum::Int(number) = *number else {
            return Err(Stopped::mistyped());
        };
        let so_far = chosen.unwrap_or(if function == Function::Sum { 0 } else { number });
        chosen = match function {
            Function::Sum => Some(
                so_far
                    .checked_add(number)
                    .ok_or_else(|| Stopped::overflow(at, "sum"))?,
            ),
            Function::Least => Some(so_far.min(number)),
            Function::Greatest => Some(so_far.max(number)),
            _ => return Err(Stopped::mistyped()),
        };
    }
    match (chosen, function) {
        (Some(chosen), _) => Ok(Datum::Int(chosen)),
        (None, Function::Sum) => Ok(Datum::Int(0)),
        (None, Function::Least) => Err(empty(at, "min")),
        (None, _) => Err(empty(at, "max")),
    }
}

fn empty(at: usize, function: &'static str) -> Stopped {
    Stopped::new(at, Failure::EmptyList { function })
}

fn of_text(function: Function, text: Cow<'_, str>, at: usize) -> Outcome<'_> {
    Ok(match function {
        Function::Size => {
            let length = i64::try_from(text.chars().count());
            Datum::Int(length.map_err(|_| Stopped::overflow(at, "size"))?)
        }
        Function::Lower => Datum::Text(Cow::Owned(text.to_ascii_lowercase())),
        Function::Upper => Datum::Text(Cow::Owned(text.to_ascii_uppercase())),
        Function::Trim => match text {
            Cow::Borrowed(text) => Datum::Text(Cow::Borrowed(text.trim())),
            Cow::Owned(text) => Datum::Text(Cow::Owned(text.trim().to_owned())),
        },
        Function::ToText => Datum::Text(text),
        Function::ToInt => match text.parse() {
            Ok(number) => Datum::Int(number),
            Err(_) => return Err(Stopped::new(at, Failure::NotANumber)),
        },
        _ => return Err(Stopped::mistyped()),
    })
}

fn of_duration<'a>(function: Function, length: jiff::SignedDuration, at: usize) -> Outcome<'a> {
    let whole = match function {
        Function::Hours => length.as_hours(),
        Function::Minutes => length.as_mins(),
        Function::Seconds => length.as_secs(),
        Function::Milliseconds => i64::try_from(length.as_millis())
            .map_err(|_| Stopped::overflow(at, "getMilliseconds"))?,
        _ => return Err(Stopped::mistyped()),
    };
    Ok(Datum::Int(whole))
}
