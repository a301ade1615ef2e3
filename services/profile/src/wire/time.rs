//! Instants.

use contract::time::{instant, timestamp};
use jiff::Timestamp;

use crate::domain::instant::to_microsecond;
use crate::domain::invalid::{Invalid, Problem};

/// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z, what `google.protobuf.Timestamp` covers.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// An instant that was sent.
pub(crate) fn decode(
    field: &str,
    sent: Option<&prost_types::Timestamp>,
) -> Result<Timestamp, Invalid> {
    let sent = sent.ok_or_else(|| Invalid::new(field, Problem::Missing))?;
    let time = instant(sent).filter(|_| SECONDS.contains(&sent.seconds));
    time.map(to_microsecond)
        .ok_or_else(|| Invalid::new(field, Problem::TimeOutOfRange))
}

/// An instant to send.
pub(crate) fn encode(time: Timestamp) -> prost_types::Timestamp {
    timestamp(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_to_the_microsecond_and_kept_within_the_years_of_the_contract() {
        let sent = |seconds, nanos| prost_types::Timestamp { seconds, nanos };
        let decoded = decode("t", Some(&sent(1, 2_999))).unwrap();
        assert_eq!(encode(decoded), sent(1, 2_000));
        assert_eq!(decode("t", None).unwrap_err().problem, Problem::Missing);
        for outside in [
            sent(-62_135_596_801, 0),
            sent(253_402_300_800, 0),
            sent(i64::MAX, 0),
        ] {
            let refused = decode("t", Some(&outside)).unwrap_err();
            assert_eq!(refused, Invalid::new("t", Problem::TimeOutOfRange));
        }
    }
}
