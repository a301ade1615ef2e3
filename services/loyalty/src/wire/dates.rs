//! Local days on the wire.

use ::contract::google::r#type::Date as WireDate;
use chassis::Refusal;
use jiff::civil::Date;

use super::invalid;

/// A local day.
pub(crate) fn date(date: Date) -> WireDate {
    WireDate {
        year: i32::from(date.year()),
        month: i32::from(date.month()),
        day: i32::from(date.day()),
    }
}

/// Reads a local day of a request.
pub(crate) fn local_day(wire: WireDate, field: &str) -> Result<Date, Refusal> {
    let read = || {
        let year = i16::try_from(wire.year).ok().filter(|year| *year > 0)?;
        let month = i8::try_from(wire.month).ok()?;
        let day = i8::try_from(wire.day).ok()?;
        Date::new(year, month, day).ok()
    };
    read().ok_or_else(|| invalid(field, "must be a day of the calendar, with its year"))
}
