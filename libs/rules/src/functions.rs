//! The functions that rules may call. All are deterministic: "now" is a fact like any other.

use crate::schema::Shape;

/// How a function is called, on what, and what it gives.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    /// `a.name(b)` instead of `name(a, b)`; the first parameter is then what it is called on.
    pub(crate) method: bool,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) result: Shape,
    pub(crate) does: Does,
}

/// What a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    Bool,
    Int,
    Text,
    Timestamp,
    Duration,
    List,
    Integers,
    /// An IANA name; checked with the rule if it is written out.
    Zone,
}

/// What a signature stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Call(Function),
    /// In local time: the last parameter is the zone.
    Calendar(CalendarPart),
}

/// A function of its arguments alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Lower,
    Upper,
    Trim,
    ToText,
    ToInt,
    Sum,
    Least,
    Greatest,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

/// A question to a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalendarPart {
    /// The year; month, day of the year, of the month, of the week; hour and so on: plus what CEL
    /// counts from elsewhere.
    Year,
    Month,
    MonthFromZero,
    DayOfMonth,
    DayOfMonthFromZero,
    DayOfYearFromZero,
    /// 1 is Monday, 7 is Sunday (ISO 8601).
    DayOfWeek,
    /// 0 is Sunday, 6 is Saturday.
    DayOfWeekFromSunday,
    Hour,
    Minute,
    Second,
    Millisecond,
    /// `2026-11-08`
    LocalDate,
    /// `09:30`
    LocalTime,
    /// Midnights from the first to the second.
    DaysBetween,
}

impl Parameter {
    pub(crate) fn takes(self, shape: &Shape) -> bool {
        match self {
            Self::Bool => shape.fits(&Shape::Bool),
            Self::Int => shape.fits(&Shape::Int),
            Self::Text | Self::Zone => shape.fits(&Shape::Text),
            Self::Timestamp => shape.fits(&Shape::Timestamp),
            Self::Duration => shape.fits(&Shape::Duration),
            Self::List => matches!(shape, Shape::List { .. } | Shape::Unknown),
            Self::Integers => shape.fits(&Shape::list(Shape::Int, 0)),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text => "string",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::List => "list",
            Self::Integers => "list(int)",
            Self::Zone => "zone",
        }
    }
}

impl Signature {
    /// The call by its types, as it is written in problems.
    pub(crate) fn text(&self) -> String {
        let types: Vec<_> = self.parameters.iter().map(|each| each.text()).collect();
        call_text(self.name, self.method, &types)
    }
}

/// `name(int, int)` or `string.name(int)`.
pub(crate) fn call_text(name: &str, method: bool, types: &[impl AsRef<str>]) -> String {
    let mut types = types.iter().map(AsRef::as_ref);
    let target = if method { types.next() } else { None };
    let arguments = types.collect::<Vec<_>>().join(", ");
    let dot = target
        .map(|target| format!("{target}."))
        .unwrap_or_default();
    format!("{dot}{name}({arguments})")
}

macro_rules! signatures {
    (@does call $does:ident) => { Does::Call(Function::$does) };
    (@does calendar $does:ident) => { Does::Calendar(CalendarPart::$does) };
    (@method method) => { true };
    (@method global) => { false };
    ($($style:ident $name:literal ($($parameter:ident),*) $result:ident, $kind:ident $does:ident;)*) => {
        &[$(Signature {
            name: $name,
            method: signatures!(@method $style),
            parameters: &[$(Parameter::$parameter),*],
            result: Shape::$result,
            does: signatures!(@does $kind $does),
        },)*]
    };
}

/// All functions. `matches`, `timestamp`, `duration`, `has`, `orValue`, `hasValue` and the macros
/// over lists are not functions of values, and live in the checker.
pub(crate) const SIGNATURES: &[Signature] = signatures! {
    // of CEL's standard library
    global "size" (Text) Int, call Size;
    global "size" (List) Int, call Size;
    method "size" (Text) Int, call Size;
    method "size" (List) Int, call Size;
    method "contains" (Text, Text) Bool, call Contains;
    method "startsWith" (Text, Text) Bool, call StartsWith;
    method "endsWith" (Text, Text) Bool, call EndsWith;
    global "string" (Text) Text, call ToText;
    global "string" (Bool) Text, call ToText;
    global "string" (Int) Text, call ToText;
    global "string" (Timestamp) Text, call ToText;
    global "int" (Int) Int, call ToInt;
    global "int" (Text) Int, call ToInt;
    global "int" (Timestamp) Int, call ToInt;
    method "getFullYear" (Timestamp, Zone) Int, calendar Year;
    method "getMonth" (Timestamp, Zone) Int, calendar MonthFromZero;
    method "getDate" (Timestamp, Zone) Int, calendar DayOfMonth;
    method "getDayOfMonth" (Timestamp, Zone) Int, calendar DayOfMonthFromZero;
    method "getDayOfWeek" (Timestamp, Zone) Int, calendar DayOfWeekFromSunday;
    method "getDayOfYear" (Timestamp, Zone) Int, calendar DayOfYearFromZero;
    method "getHours" (Timestamp, Zone) Int, calendar Hour;
    method "getMinutes" (Timestamp, Zone) Int, calendar Minute;
    method "getSeconds" (Timestamp, Zone) Int, calendar Second;
    method "getMilliseconds" (Timestamp, Zone) Int, calendar Millisecond;
    method "getHours" (Duration) Int, call Hours;
    method "getMinutes" (Duration) Int, call Minutes;
    method "getSeconds" (Duration) Int, call Seconds;
    method "getMilliseconds" (Duration) Int, call Milliseconds;
    // of its extensions for strings, lists (as Kubernetes has them) and mathematics
    method "lowerAscii" (Text) Text, call Lower;
    method "upperAscii" (Text) Text, call Upper;
    method "trim" (Text) Text, call Trim;
    method "sum" (Integers) Int, call Sum;
    method "min" (Integers) Int, call Least;
    method "max" (Integers) Int, call Greatest;
    global "math.least" (Int, Int) Int, call Least;
    global "math.least" (Int, Int, Int) Int, call Least;
    global "math.greatest" (Int, Int) Int, call Greatest;
    global "math.greatest" (Int, Int, Int) Int, call Greatest;
    // Patron's own: local time the way people count it
    global "year" (Timestamp, Zone) Int, calendar Year;
    global "month" (Timestamp, Zone) Int, calendar Month;
    global "day_of_month" (Timestamp, Zone) Int, calendar DayOfMonth;
    global "day_of_week" (Timestamp, Zone) Int, calendar DayOfWeek;
    global "hour" (Timestamp, Zone) Int, calendar Hour;
    global "local_date" (Timestamp, Zone) Text, calendar LocalDate;
    global "local_time" (Timestamp, Zone) Text, calendar LocalTime;
    global "days_between" (Timestamp, Timestamp, Zone) Int, calendar DaysBetween;
};
