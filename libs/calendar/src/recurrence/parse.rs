//! From text to the parts of a rule. What the parts mean together: [`super::draft`].

use jiff::civil::{Date, Weekday};

use super::draft::Draft;
use super::error::{Part, Problem, RecurrenceError};
use super::text::Piece;
use super::weekday::{self, OrdinalWeekday};
use super::{Frequency, Recurrence, bounds};

/// Parts of RFC 5545 that are not supported.
const UNSUPPORTED: [&str; 6] = [
    "BYSETPOS",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
];

pub(super) fn parse(rule: &str, start: Date) -> Result<Recurrence, RecurrenceError> {
    if rule.len() > bounds::TEXT_BYTES {
        return Err(Piece::whole(rule).error(Problem::TooLong {
            found: rule.len(),
            limit: bounds::TEXT_BYTES,
        }));
    }
    // The RFC compares without regard to case. ASCII letters alone, so columns stay as they are.
    let rule = rule.to_ascii_uppercase();
    let whole = Piece::whole(&rule);
    let mut draft = Draft::default();
    for field in whole.split(';') {
        read_part(&mut draft, field)?;
    }
    draft.complete(start, whole)
}

fn read_part<'a>(draft: &mut Draft<'a>, field: Piece<'a>) -> Result<(), RecurrenceError> {
    let (name, value) = field.halves('=').ok_or_else(|| {
        field.error(Problem::NotAPart {
            found: field.owned(),
        })
    })?;
    let part = part(name)?;
    if !draft.given.insert(part, name) {
        return Err(name.error(Problem::RepeatedPart { part }));
    }
    match part {
        Part::Freq => draft.frequency = Some(frequency(value)?),
        Part::Interval => draft.interval = number(value, 1, bounds::INTERVAL)?,
        Part::Count => draft.count = Some(number(value, 1, bounds::COUNT)?),
        Part::Until => draft.until = Some(date(value)?),
        Part::Wkst => draft.week_start = weekday(value)?,
        Part::ByMonth => draft.months = list(value, |item| number(item, 1, 12))?,
        Part::ByMonthDay => draft.month_days = list(value, |item| signed(item, 31))?,
        Part::ByDay => draft.weekdays = list(value, |item| Ok((item, ordinal_weekday(item)?)))?,
    }
    Ok(())
}

fn part(name: Piece<'_>) -> Result<Part, RecurrenceError> {
    Part::named(name.text).ok_or_else(|| {
        let found = name.owned();
        name.error(if UNSUPPORTED.contains(&name.text) {
            Problem::UnsupportedPart { found }
        } else {
            Problem::UnknownPart { found }
        })
    })
}

fn list<'a, T>(
    value: Piece<'a>,
    item: impl FnMut(Piece<'a>) -> Result<T, RecurrenceError>,
) -> Result<Vec<T>, RecurrenceError> {
    value.split(',').map(item).collect()
}

fn frequency(value: Piece<'_>) -> Result<Frequency, RecurrenceError> {
    match value.text {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        _ => Err(value.error(Problem::NotAFrequency {
            found: value.owned(),
        })),
    }
}

fn date(value: Piece<'_>) -> Result<Date, RecurrenceError> {
    read_date(value.text).ok_or_else(|| {
        value.error(Problem::NotADate {
            found: value.owned(),
        })
    })
}

fn read_date(text: &str) -> Option<Date> {
    if text.len() != "YYYYMMDD".len() {
        return None;
    }
    let (year, behind) = text.split_at_checked(4)?;
    let (month, day) = behind.split_at_checked(2)?;
    let month = i8::try_from(read_number(month)?).ok()?;
    let day = i8::try_from(read_number(day)?).ok()?;
    Date::new(read_number(year)?, month, day).ok()
}

fn weekday(value: Piece<'_>) -> Result<Weekday, RecurrenceError> {
    weekday::named(value.text).ok_or_else(|| {
        value.error(Problem::NotAWeekday {
            found: value.owned(),
        })
    })
}

/// `MO`, `1MO`, `+1MO`, `-53SU`.
fn ordinal_weekday(item: Piece<'_>) -> Result<OrdinalWeekday, RecurrenceError> {
    let (ordinal, name) = item.cut_behind_number();
    Ok(OrdinalWeekday {
        ordinal: match ordinal.text {
            "" => None,
            _ => Some(signed(ordinal, 53)?),
        },
        weekday: weekday(name)?,
    })
}

fn number(value: Piece<'_>, low: i16, high: i16) -> Result<i16, RecurrenceError> {
    read_number(value.text)
        .filter(|number| (low..=high).contains(number))
        .ok_or_else(|| not_a_number(value, low, high, false))
}

/// A number that may be counted from the end: 1 to `high`, with either sign.
fn signed(value: Piece<'_>, high: i16) -> Result<i16, RecurrenceError> {
    let sign = if value.text.starts_with('-') { -1 } else { 1 };
    let digits = value.text.strip_prefix(['+', '-']).unwrap_or(value.text);
    read_number(digits)
        .filter(|number| (1..=high).contains(number))
        .map(|number| sign * number)
        .ok_or_else(|| not_a_number(value, 1, high, true))
}

/// Digits alone: the standard parser also takes a sign.
fn read_number(digits: &str) -> Option<i16> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

fn not_a_number(value: Piece<'_>, low: i16, high: i16, negative: bool) -> RecurrenceError {
    value.error(Problem::NotANumber {
        found: value.owned(),
        low,
        high,
        negative,
    })
}
