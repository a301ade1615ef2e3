//! How exactly times are kept.

use jiff::Timestamp;

/// The instant to the microsecond, which is how PostgreSQL keeps it. Every time is cut when it comes
/// in: so what is answered at first is what is answered later, and an activity that is sent again
/// compares equal to what was stored.
pub(crate) fn to_microsecond(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
