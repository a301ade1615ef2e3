//! Values of attributes: written out, and what that says.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::strtime;

use super::definition::Kind;
use crate::domain::instant::to_microsecond;
use crate::domain::invalid::Problem;

/// Years that the contract's times cover.
const YEARS: std::ops::RangeInclusive<i16> = 1..=9_999;

/// What a value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Also a choice.
    Text(String),
    Integer(i64),
    Boolean(bool),
    Date(Date),
    Timestamp(Timestamp),
}

impl Value {
    /// Reads a value of a kind.
    pub(crate) fn read(kind: &Kind, written: &str) -> Result<Self, Problem> {
        match kind {
            _ if written.is_empty() => Err(Problem::Missing),
            _ if written.contains('\0') => Err(Problem::NulCharacter),
            Kind::Text => Ok(Self::Text(written.to_owned())),
            Kind::Integer => {
                let number = written.parse().map(Self::Integer);
                number.map_err(|_| Problem::NotWrittenAsInteger)
            }
            Kind::Boolean => {
                let is_true = written.parse().map(Self::Boolean);
                is_true.map_err(|_| Problem::NotWrittenAsBoolean)
            }
            Kind::Date => date(written)
                .map(Self::Date)
                .ok_or(Problem::NotWrittenAsDate),
            Kind::Timestamp => {
                let time = timestamp(written).map(Self::Timestamp);
                time.ok_or(Problem::NotWrittenAsTime)
            }
            Kind::Choice(choices) => {
                let is_one = choices.iter().any(|choice| choice == written);
                let choice = is_one.then(|| Self::Text(written.to_owned()));
                choice.ok_or(Problem::NotAChoice)
            }
        }
    }

    /// As it is kept and answered: the same for all ways in which it may have been written.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(is_true) => is_true.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Timestamp(time) => time.to_string(),
        }
    }
}

fn date(written: &str) -> Option<Date> {
    let date = strtime::parse("%Y-%m-%d", written).ok()?.to_date().ok()?;
    // Nothing but the ten letters: `2026-5-7` is guessed at elsewhere.
    (written.len() == 10 && YEARS.contains(&date.year())).then_some(date)
}

fn timestamp(written: &str) -> Option<Timestamp> {
    let time: Timestamp = written.parse().ok()?;
    let year = time.to_zoned(jiff::tz::TimeZone::UTC).year();
    YEARS.contains(&year).then(|| to_microsecond(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &Kind, written: &str) -> Result<String, Problem> {
        Value::read(kind, written).map(|value| value.written())
    }

    #[test]
    fn a_value_is_kept_in_one_way_however_it_was_written() {
        let choice = Kind::Choice(vec!["green".to_owned()]);
        for (kind, written, kept) in [
            (&Kind::Text, " two\nlines ", " two\nlines "),
            (&Kind::Integer, "-042", "-42"),
            (&Kind::Integer, "9223372036854775807", "9223372036854775807"),
            (&Kind::Boolean, "true", "true"),
            (&Kind::Date, "2024-02-29", "2024-02-29"),
            (
                &Kind::Timestamp,
                "2026-05-17T11:30:00+02:00",
                "2026-05-17T09:30:00Z",
            ),
            (
                &Kind::Timestamp,
                "2026-05-17T09:30:00.1234567Z",
                "2026-05-17T09:30:00.123456Z",
            ),
            (&choice, "green", "green"),
        ] {
            assert_eq!(read(kind, written).as_deref(), Ok(kept), "{written}");
            assert_eq!(read(kind, kept).as_deref(), Ok(kept), "{written} again");
        }
    }

    #[test]
    fn a_value_of_another_type_is_none() {
        let choice = Kind::Choice(vec!["green".to_owned()]);
        for (kind, written, problem) in [
            (&Kind::Text, "", Problem::Missing),
            (&Kind::Text, "a\0b", Problem::NulCharacter),
            (&Kind::Integer, "1.5", Problem::NotWrittenAsInteger),
            (
                &Kind::Integer,
                "9223372036854775808",
                Problem::NotWrittenAsInteger,
            ),
            (&Kind::Boolean, "yes", Problem::NotWrittenAsBoolean),
            (&Kind::Date, "2026-02-29", Problem::NotWrittenAsDate),
            (&Kind::Date, "2026-5-17", Problem::NotWrittenAsDate),
            (
                &Kind::Date,
                "2026-05-17T00:00:00Z",
                Problem::NotWrittenAsDate,
            ),
            (&Kind::Date, "0000-05-17", Problem::NotWrittenAsDate),
            (&Kind::Timestamp, "2026-05-17", Problem::NotWrittenAsTime),
            (
                &Kind::Timestamp,
                "-000001-05-17T00:00:00Z",
                Problem::NotWrittenAsTime,
            ),
            (&choice, "Green", Problem::NotAChoice),
        ] {
            assert_eq!(read(kind, written), Err(problem), "{written}");
        }
    }
}
