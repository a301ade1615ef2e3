//! Dates for property tests.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use crate::arithmetic::plus_days;

/// A day of 1990 to 2099: every kind of leap year but 1900, which no member was enrolled in.
pub(crate) fn any_date() -> impl Strategy<Value = Date> {
    (0_i32..40_177).prop_map(|days| plus_days(date(1990, 1, 1), days))
}
