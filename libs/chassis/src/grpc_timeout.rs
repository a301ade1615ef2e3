//! The header `grpc-timeout`, by which a caller says how much time it gives, see
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("grpc-timeout");

/// A `grpc-timeout` header that is not one to eight digits and a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("grpc-timeout is not one to eight digits and one of H, M, S, m, u, n")]
pub struct MalformedTimeout;

/// The time that the headers of a call give it, read strictly; `None` when they say nothing.
pub fn read(headers: &HeaderMap) -> Result<Option<Duration>, MalformedTimeout> {
    headers.get(HEADER).map(parse).transpose()
}

/// Tells a callee how much time is left: in the finest unit in which eight digits suffice, so never
/// more than there is.
pub fn write(headers: &mut HeaderMap, left: Duration) {
    headers.insert(HEADER, format(left));
}

fn parse(header: &HeaderValue) -> Result<Duration, MalformedTimeout> {
    let text = header.to_str().map_err(|_| MalformedTimeout)?;
    let (digits, unit) = text
        .split_at_checked(text.len().wrapping_sub(1))
        .ok_or(MalformedTimeout)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MalformedTimeout);
    }
    let amount: u64 = digits.parse().map_err(|_| MalformedTimeout)?;
    match unit {
        "H" => Ok(Duration::from_secs(amount * 3600)),
        "M" => Ok(Duration::from_secs(amount * 60)),
        "S" => Ok(Duration::from_secs(amount)),
        "m" => Ok(Duration::from_millis(amount)),
        "u" => Ok(Duration::from_micros(amount)),
        "n" => Ok(Duration::from_nanos(amount)),
        _ => Err(MalformedTimeout),
    }
}

fn format(time: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let units = [
        (time.as_nanos(), 'n'),
        (time.as_micros(), 'u'),
        (time.as_millis(), 'm'),
        (u128::from(time.as_secs()), 'S'),
    ];
    let fitting = units.into_iter().find(|(amount, _)| *amount <= MOST);
    let (amount, unit) = fitting.unwrap_or((MOST, 'S'));
    HeaderValue::try_from(format!("{amount}{unit}"))
        .unwrap_or_else(|_| HeaderValue::from_static("99999999S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_timeouts_are_read() {
        let parsed = |text: &str| {
            let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
            read(&HeaderMap::from_iter([(HEADER, value)]))
        };
        assert_eq!(parsed("1H"), Ok(Some(Duration::from_hours(1))));
        assert_eq!(
            parsed("99999999n"),
            Ok(Some(Duration::from_nanos(99_999_999)))
        );
        assert_eq!(parsed("0m"), Ok(Some(Duration::ZERO)));
        for malformed in [
            "",
            "S",
            "1",
            "1s",
            "-1S",
            "+1S",
            "1.5S",
            "123456789S",
            " 1S",
            "1 S",
            "1SS",
            "五S",
        ] {
            assert_eq!(parsed(malformed), Err(MalformedTimeout), "{malformed:?}");
        }
        assert_eq!(read(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn a_written_timeout_is_read_back_without_ever_growing() {
        for nanoseconds in [
            0,
            1,
            99_999_999,
            100_000_001,
            12_345_678_901,
            604_800_000_000_001,
        ] {
            let (time, mut headers) = (Duration::from_nanos(nanoseconds), HeaderMap::new());
            write(&mut headers, time);
            let read = read(&headers).unwrap().unwrap();
            let lost = time.checked_sub(read).unwrap();
            assert!(lost <= time / 1_000_000, "{time:?} became {read:?}");
        }
    }

    #[test]
    fn a_time_beyond_eight_digits_of_seconds_is_written_as_the_longest() {
        assert_eq!(format(Duration::MAX), "99999999S");
    }
}
