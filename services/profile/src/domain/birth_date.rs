//! Birthdays, with or without the year.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::invalid::Problem;

/// A date of birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BirthDate {
    /// 1 to 9999; `None` when only the day is known.
    pub(crate) year: Option<i16>,
    /// 1 to 12.
    pub(crate) month: i8,
    /// 1 to 31.
    pub(crate) day: i8,
}

/// Any leap year: without the year, 29 February is a birthday.
const LEAP_YEAR: i16 = 2000;
/// Where on Earth a day begins first.
const EARLIEST_OFFSET: Offset = Offset::constant(14);

impl BirthDate {
    /// The date of these figures, year 0 when not known; it must exist and must have begun somewhere.
    pub(crate) fn check(year: i32, month: i32, day: i32, now: Timestamp) -> Result<Self, Problem> {
        let (year, month, day) = narrow(year, month, day).ok_or(Problem::NotADate)?;
        let date = Date::new(year.unwrap_or(LEAP_YEAR), month, day);
        let date = date.map_err(|_| Problem::NotADate)?;
        if year.is_some() && date > EARLIEST_OFFSET.to_datetime(now).date() {
            return Err(Problem::BirthInFuture);
        }
        Ok(Self { year, month, day })
    }
}

fn narrow(year: i32, month: i32, day: i32) -> Option<(Option<i16>, i8, i8)> {
    let year = match year {
        0 => None,
        1..=9999 => Some(i16::try_from(year).ok()?),
        _ => return None,
    };
    Some((year, i8::try_from(month).ok()?, i8::try_from(day).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(year: i32, month: i32, day: i32) -> Result<BirthDate, Problem> {
        BirthDate::check(year, month, day, "2025-03-09T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_birthday_is_a_real_day_and_not_in_the_future() {
        assert_eq!(
            check(0, 2, 29).unwrap(),
            BirthDate {
                year: None,
                month: 2,
                day: 29
            }
        );
        assert!(check(1984, 2, 29).is_ok());
        assert!(check(2025, 3, 10).is_ok(), "it is the tenth in Kiribati");
        assert_eq!(check(2025, 3, 11), Err(Problem::BirthInFuture));
        for (year, month, day) in [
            (1983, 2, 29),
            (0, 2, 30),
            (1990, 0, 1),
            (1990, 5, 0),
            (-1, 5, 5),
            (10_000, 5, 5),
        ] {
            assert_eq!(
                check(year, month, day),
                Err(Problem::NotADate),
                "{year}-{month}-{day}"
            );
        }
        assert_eq!(check(1990, 257, 1), Err(Problem::NotADate));
    }
}
