//! Local time. The zone's rules are those of the installed time zone database.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use jiff::{Unit, Zoned};

use super::{Datum, Failure, Outcome, Stopped, Walk};
use crate::code::{Code, Zone};
use crate::functions::CalendarPart;

impl<'a> Walk<'a> {
    pub(super) fn in_local_time(
        &mut self,
        part: CalendarPart,
        arguments: &'a [Code],
        zone: &'a Zone,
        at: usize,
    ) -> Outcome<'a> {
        let zone = self.zone(zone, at)?;
        let mut local = |code| -> Result<Zoned, Stopped> {
            Ok(self.value(code)?.into_timestamp()?.to_zoned(zone.clone()))
        };
        match arguments {
            [instant] => Ok(asked(part, &local(instant)?)),
            [from, to] => {
                let (from, to) = (local(from)?.date(), local(to)?.date());
                let days = from.until((Unit::Day, to));
                let days = days.map_err(|_| Stopped::overflow(at, "days_between"))?;
                Ok(Datum::Int(i64::from(days.get_days())))
            }
            _ => Err(Stopped::mistyped()),
        }
    }

    fn zone(&mut self, zone: &'a Zone, at: usize) -> Result<TimeZone, Stopped> {
        match zone {
            Zone::Known(zone) => Ok(zone.clone()),
            Zone::Named(code) => {
                let name = self.value(code)?.into_text()?;
                TimeZone::get(&name).map_err(|_| {
                    let zone = name.into_owned();
                    Stopped::new(at, Failure::UnknownZone { zone })
                })
            }
        }
    }
}

fn asked<'a>(part: CalendarPart, local: &Zoned) -> Datum<'a> {
    let number = match part {
        CalendarPart::Year => i64::from(local.year()),
        CalendarPart::Month => i64::from(local.month()),
        CalendarPart::MonthFromZero => i64::from(local.month()) - 1,
        CalendarPart::DayOfMonth => i64::from(local.day()),
        CalendarPart::DayOfMonthFromZero => i64::from(local.day()) - 1,
        CalendarPart::DayOfYearFromZero => i64::from(local.day_of_year()) - 1,
        CalendarPart::DayOfWeek => i64::from(local.weekday().to_monday_one_offset()),
        CalendarPart::DayOfWeekFromSunday => i64::from(local.weekday().to_sunday_zero_offset()),
        CalendarPart::Hour => i64::from(local.hour()),
        CalendarPart::Minute => i64::from(local.minute()),
        CalendarPart::Second => i64::from(local.second()),
        CalendarPart::Millisecond => i64::from(local.millisecond()),
        CalendarPart::LocalDate | CalendarPart::DaysBetween => {
            return Datum::Text(Cow::Owned(local.date().to_string()));
        }
        CalendarPart::LocalTime => {
            let time = format!("{:02}:{:02}", local.hour(), local.minute());
            return Datum::Text(Cow::Owned(time));
        }
    };
    Datum::Int(number)
}
