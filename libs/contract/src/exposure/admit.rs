//! Requests of callers who do not see everything.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

use super::{Class, Exposure, Personal, Seen, Visit, mask};
use crate::checks::{At, ERROR_DOMAIN};
use crate::google::r#type::Date;

/// Most fields that one refusal names.
const MAX_NAMED: usize = 20;

/// Refuses masks in place of values, fields that would be emptied by somebody who does not see what is in
/// them (`mask` is the request's own update mask), and values of classes that the caller is not shown at all.
pub(crate) fn admit(
    request: &mut impl Personal,
    exposure: Exposure,
    mask: &[String],
) -> Result<(), Status> {
    let mut looked = Look {
        exposure,
        mask,
        masks: Vec::new(),
        hidden: Vec::new(),
    };
    request.visit_personal(&At::ROOT, &mut looked);
    if !looked.hidden.is_empty() {
        let message = "the request holds personal data that the caller may not see";
        let code = Code::PermissionDenied;
        return Err(refusal(code, "FIELD_NOT_EXPOSED", message, looked.hidden));
    }
    if !looked.masks.is_empty() {
        let message = "the request holds masks, or empties what is masked";
        let code = Code::InvalidArgument;
        return Err(refusal(code, "MASKED_VALUE", message, looked.masks));
    }
    Ok(())
}

fn refusal(code: Code, reason: &str, message: &str, fields: Vec<FieldViolation>) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, []);
    details.set_bad_request(fields);
    Status::with_error_details(code, message, details)
}

struct Look<'r> {
    exposure: Exposure,
    mask: &'r [String],
    masks: Vec<FieldViolation>,
    hidden: Vec<FieldViolation>,
}

impl Look<'_> {
    fn look(&mut self, at: &At<'_>, class: Class, value: Value) {
        let seen = self.exposure.of(class);
        let (named, description) = match (seen, value) {
            (Seen::Clear, _) | (_, Value::Plain) if seen != Seen::Hidden => return,
            (_, Value::Mask) => (&mut self.masks, "is a mask, as the caller is shown it"),
            (_, Value::Empty) if self.mask.is_empty() => return,
            (_, Value::Empty) if !names(self.mask, &at.to_string()) => return,
            (_, Value::Empty) => (
                &mut self.masks,
                "can't be emptied by a caller who is not shown what it holds",
            ),
            // Whoever may not read what others wrote may still write; nothing is found by such text.
            (_, Value::Plain) if class == Class::FreeText => return,
            (_, Value::Plain) => (
                &mut self.hidden,
                "is of a class that is hidden from the caller",
            ),
        };
        if named.len() < MAX_NAMED {
            named.push(FieldViolation::new(at.to_string(), description));
        }
    }
}

#[derive(Clone, Copy)]
enum Value {
    Empty,
    Mask,
    Plain,
}

impl Visit for Look<'_> {
    fn text(&mut self, at: &At<'_>, class: Class, text: &mut String) {
        let value = match &**text {
            "" => Value::Empty,
            text if mask::is_mask(text) => Value::Mask,
            _ => Value::Plain,
        };
        self.look(at, class, value);
    }

    fn date(&mut self, at: &At<'_>, class: Class, date: &mut Option<Date>) {
        let value = match date {
            None => Value::Empty,
            Some(date) if (date.month, date.day) == (0, 0) => Value::Mask,
            Some(_) => Value::Plain,
        };
        self.look(at, class, value);
    }

    fn other<T: Default + PartialEq>(&mut self, at: &At<'_>, class: Class, value: &mut T) {
        let is_empty = *value == T::default();
        let value = if is_empty { Value::Empty } else { Value::Plain };
        self.look(at, class, value);
    }

    /// Also one that is there and empty is looked at, and nothing is taken away.
    fn maybe_text(&mut self, at: &At<'_>, class: Class, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(at, class, text);
        }
    }

    fn texts(&mut self, at: &At<'_>, class: Class, texts: &mut Vec<String>) {
        for (index, text) in texts.iter_mut().enumerate() {
            self.text(&at.index(index), class, text);
        }
    }
}

/// Whether an update mask names a place in the request. Its paths begin at the resource, which is a field of
/// the request.
fn names(mask: &[String], at: &str) -> bool {
    let within = at.split_once('.').map_or(at, |(_, within)| within);
    mask.iter().any(|path| path == within || path == "*")
}
